import { type ErrorCode, isOrderchartError, OrderchartError } from '../../errors.ts';
import type { OrderStore, SubscriptionStore, TransactionStore } from '../../store/store.ts';

const messages = {
  storeUnavailable: 'The store failed; see the cause.',
  outcomeUnknown:
    'The store failed during a write; the command may have been applied. Repeat it with its ' +
    'idempotency key to find out.',
} as const satisfies Partial<Record<ErrorCode, string>>;

type FailureCode = keyof typeof messages;

/** Makes a call of the store that rejects with an `OrderchartError` only. */
type Guard = <Result>(code: FailureCode, call: () => Promise<Result>) => Promise<Result>;

/**
 * The store as the engine uses it. An adapter should throw `OrderchartError` only; anything else
 * that it throws, or rejects with, becomes the cause of one. A failed read has changed nothing,
 * but a failed write may have been applied.
 */
export function guardedStore(
  store: OrderStore,
  onHistoryChanged: (error: OrderchartError) => void = () => {},
): OrderStore {
  const report = (error: OrderchartError): never => {
    if (error.code === 'historyChanged') onHistoryChanged(error);
    throw error;
  };
  const guard: Guard = (code, call) => named(code, call).catch(report);
  const { within, watchHistory } = store;
  return {
    name: store.name,
    features: store.features,
    subscriptions: guardedSubscriptions(store.subscriptions, guard, report),
    ...guarded(store, guard, 'open', 'close', 'load', 'findByNumber', 'findCommands', 'history'),
    ...guarded(store, guard, 'list', 'feed', 'feedEnd', 'feedPositionAt', 'due', 'nextDueAt'),
    ...guarded(store, guard, 'archived', 'purge', 'now', 'raiseHistory', 'listen'),
    commit: (commits) => guard('outcomeUnknown', () => store.commit(commits)),
    ...(within && {
      within: (transaction) => guardedTransaction(transactionOf(store, transaction), guard),
    }),
    ...(watchHistory && { watchHistory: (onChanged) => watchHistory.call(store, onChanged) }),
  };
}

/** Methods that guard those of `store`; the optional ones that it leaves out are left out here. */
function guarded<Store, const Name extends keyof Store>(
  store: Store,
  guard: Guard,
  ...names: readonly Name[]
): Pick<Store, Name> {
  const methodOf =
    (name: Name) =>
    (...values: readonly unknown[]): Promise<unknown> =>
      guard('storeUnavailable', () =>
        (store[name] as (...given: readonly unknown[]) => Promise<unknown>)(...values),
      );
  const present = names.filter((name) => store[name] !== undefined);
  return Object.fromEntries(present.map((name) => [name, methodOf(name)])) as Pick<Store, Name>;
}

function transactionOf(store: OrderStore, transaction: unknown): TransactionStore {
  try {
    return store.within?.(transaction) as TransactionStore;
  } catch (cause) {
    if (isOrderchartError(cause)) throw cause;
    throw new OrderchartError(
      'invalidArgument',
      `The store '${store.name}' cannot work with this transaction; see the cause.`,
      { cause },
    );
  }
}

/** After any failure the host must roll its transaction back, so a failed commit wrote nothing. */
function guardedTransaction(store: TransactionStore, guard: Guard): TransactionStore {
  return guarded(store, guard, 'load', 'findCommands', 'commit', 'history');
}

/** A write here may be repeated, so it does not matter whether a failed one was applied. */
function guardedSubscriptions(
  store: SubscriptionStore,
  guard: Guard,
  report: (error: OrderchartError) => never,
): SubscriptionStore {
  const { project } = store;
  return {
    ...guarded(store, guard, 'claimFilter', 'join', 'leave', 'acquire', 'renew', 'release'),
    ...guarded(store, guard, 'checkpoint', 'checkpoints', 'rewind', 'remove', 'park', 'parked'),
    ...guarded(store, guard, 'parkedLanes', 'requeue', 'unpark', 'skip'),
    // Not guarded: an error of the host's own function must come out as it is.
    ...(project && { project: (lease, work) => project.call(store, lease, work).catch(report) }),
  };
}

async function named<Result>(code: FailureCode, call: () => Promise<Result>): Promise<Result> {
  try {
    return await call();
  } catch (cause) {
    throw isOrderchartError(cause) ? cause : new OrderchartError(code, messages[code], { cause });
  }
}
