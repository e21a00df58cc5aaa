import { OrderchartError } from '../../errors.ts';
import type { Checkpoint, OrderStore } from '../../store/store.ts';
import type { SubscriptionSettings } from './options.ts';
import { rewindTargets } from './rewind.ts';

/** The event types of a subscription as one text, the same for the same types in any order. */
export function filterOf(types: readonly string[] | 'all' | undefined): string {
  if (types === undefined || types === 'all' || types.includes('*')) return '*';
  return [...new Set(types)].toSorted().join(' ');
}

/** What the store has as the filter of a subscription; ours when it had none. */
export function storedFilter(
  { subscriptions }: OrderStore,
  { name, types }: SubscriptionSettings,
): Promise<string> {
  return subscriptions.claimFilter(name, filterOf(types));
}

/**
 * Sees to it that the subscription is one of these event types. Events that only the new ones name
 * were passed over until now, and another process may go on with the old ones, so a difference is
 * refused unless the host has said what is to come of it.
 *
 * An upgrade that breaks off is told by what it leaves behind, and done again by the next one.
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
  const underway = `${former} -> ${wanted}`;
  if (known === former) known = await subscriptions.claimFilter(name, underway, former);
  if (known === underway) {
    // Nobody with the old ones can take a lease now, and rewinding takes those that they have.
    for (const { partition, position } of await targetsOf(store, name, upgrade.replay)) {
      await subscriptions.rewind(name, partition, position);
    }
    known = await subscriptions.claimFilter(name, wanted, underway);
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
      `'${wanted}': what only the new ones name was passed over. Say with upgrade ` +
      '({ fromTypes, replay }) whether it is handled after all, or give it a new name.',
    { details: { name, known, wanted } },
  );
}
