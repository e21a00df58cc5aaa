import { OrderchartError } from '../../errors.ts';
import type { Checkpoint, OrderStore } from '../../store/store.ts';
import type { SubscriptionSettings } from './options.ts';
import { rewindTargets } from './rewind.ts';

/** Returns the event types of a subscription as one text, which does not depend on their order. */
export function filterOf(types: readonly string[] | 'all' | undefined): string {
  if (types === undefined || types === 'all' || types.includes('*')) return '*';
  return [...new Set(types)].toSorted().join(' ');
}

/** Returns the filter that the store has for a subscription; stores this one if it has none. */
export function storedFilter(
  { subscriptions }: OrderStore,
  { name, types }: SubscriptionSettings,
): Promise<string> {
  return subscriptions.claimFilter(name, filterOf(types));
}

/**
 * Makes sure that the subscription has these event types. Events of new types were skipped until
 * now, and another process may still run with the old ones, so other types are refused unless the
 * host passes `upgrade`.
 *
 * An interrupted upgrade leaves its own filter in the store, and the next one completes it.
 */
export async function settleFilter(
  store: OrderStore,
  settings: SubscriptionSettings,
): Promise<void> {
  const { name, types, upgrade } = settings;
  const { subscriptions } = store;
  const wanted = filterOf(types);
  let known = await storedFilter(store, settings);
  if (known === wanted) return;
  if (upgrade === undefined) throw subscriptionChanged(name, known, wanted);
  const former = filterOf(upgrade.fromTypes);
  const upgrading = `${former} -> ${wanted}`;
  if (known === former) known = await subscriptions.claimFilter(name, upgrading, former);
  if (known === upgrading) {
    // No process with the old types can acquire a lease now, and rewinding revokes those it has.
    for (const { partition, position } of await targetsOf(store, name, upgrade.replay)) {
      await subscriptions.rewind(name, partition, position);
    }
    known = await subscriptions.claimFilter(name, wanted, upgrading);
  }
  if (known !== wanted) throw subscriptionChanged(name, known, wanted);
}

function targetsOf(
  store: OrderStore,
  name: string,
  replay: 'nothing' | 'beginning' | { readonly time: number },
): Promise<readonly Checkpoint[]> {
  if (replay === 'nothing') return store.subscriptions.checkpoints(name);
  return rewindTargets(store, replay);
}

function subscriptionChanged(name: string, known: string, wanted: string): OrderchartError {
  return new OrderchartError(
    'subscriptionChanged',
    `The subscription '${name}' was last run with the event types '${known}', and now with ` +
      `'${wanted}'. Events of new types were skipped until now: say with ` +
      'upgrade: { fromTypes, replay } whether to handle them, or use a new name.',
    { details: { name, known, wanted } },
  );
}
