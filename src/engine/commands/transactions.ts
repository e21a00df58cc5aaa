import { OrderchartError } from '../../errors.ts';
import type { OrderStore, TransactionStore } from '../../store/store.ts';

/**
 * The host transactions in which commands are executed. A transaction is one connection, on which
 * the statements of two calls must not interleave: so calls in the same transaction take turns.
 */
export class Transactions {
  readonly #store: OrderStore;
  readonly #known = new WeakMap<object, TransactionStore>();

  constructor(store: OrderStore) {
    this.#store = store;
  }

  /** Throws `invalidArgument` when the store has no transactions, or not this kind. */
  of(transaction: unknown): TransactionStore {
    if (this.#store.within === undefined) throw noTransactions(this.#store.name);
    if (typeof transaction !== 'object' || transaction === null) {
      throw new OrderchartError(
        'invalidArgument',
        'The context.transaction must be the database client on which the transaction was started.',
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
    `The store '${name}' cannot execute commands in a host transaction; leave out context.transaction.`,
    { details: { store: name } },
  );
}
