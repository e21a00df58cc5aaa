import { OrderchartError } from '../../errors.ts';
import type { OrderStore, TransactionStore } from '../../store/store.ts';

/**
 * The transactions of the host's that commands are executed in. One is one connection, on which
 * what belongs together must not be mixed up with other statements: so calls take turns, those of
 * several commands at once in the same transaction as well.
 */
export class Transactions {
  readonly #store: OrderStore;
  readonly #known = new WeakMap<object, TransactionStore>();

  constructor(store: OrderStore) {
    this.#store = store;
  }

  /** Throws `invalidArgument` when the store has no transactions, or none of this kind. */
  of(transaction: unknown): TransactionStore {
    if (this.#store.within === undefined) throw noTransactions(this.#store.name);
    if (typeof transaction !== 'object' || transaction === null) {
      throw new OrderchartError(
        'invalidArgument',
        'The context.transaction must be the client on which the transaction was begun.',
      );
    }
    let known = this.#known.get(transaction);
    if (known === undefined) {
      known = inTurns(this.#store.within(transaction));
      this.#known.set(transaction, known);
    }
    return known;
  }
}

function inTurns(store: TransactionStore): TransactionStore {
  let last: Promise<unknown> = Promise.resolve();
  const next = <Result>(call: () => Promise<Result>): Promise<Result> => {
    const turn = last.then(call);
    last = turn.catch(() => {});
    return turn;
  };
  return {
    load: (keys) => next(() => store.load(keys)),
    findCommands: (identities) => next(() => store.findCommands(identities)),
    commit: (commits) => next(() => store.commit(commits)),
    history: (key, after, limit) => next(() => store.history(key, after, limit)),
  };
}

function noTransactions(name: string): OrderchartError {
  return new OrderchartError(
    'invalidArgument',
    `The store '${name}' cannot execute commands inside a transaction of the host's.`,
    { details: { store: name } },
  );
}
