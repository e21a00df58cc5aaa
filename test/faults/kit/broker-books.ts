import type { OrderEvent } from '../../../src/order/envelope.ts';
import type { Delivery } from './deliveries.ts';
import type { readEffects } from './file-inbox.ts';

/** How often a delivery was one that had been there before, and how often behind a newer one. */
export function countRepetitions(deliveries: readonly Delivery[]): {
  readonly repeated: number;
  readonly behind: number;
} {
  const reached = new Map<string, number>();
  let [repeated, behind] = [0, 0];
  for (const { orderId, version } of deliveries) {
    const before = reached.get(orderId) ?? 0;
    if (version <= before) repeated += 1;
    if (version < before) behind += 1;
    reached.set(orderId, Math.max(before, version));
  }
  return { repeated, behind };
}

/** What the inbox has let through: of every order each version once, one after the other. */
export function checkEffects(
  effects: ReturnType<typeof readEffects>,
  events: readonly OrderEvent[],
): readonly string[] {
  const ids = effects.map(({ id }) => id);
  return checkSequence('the inbox', ids, events);
}

/**
 * Whether ids are those of the events, each once, those of an order in the order of its versions.
 *
 * @param who Begins the sentence of each loss.
 */
export function checkSequence(
  who: string,
  ids: readonly string[],
  events: readonly OrderEvent[],
): readonly string[] {
  const losses: string[] = [];
  const byId = new Map(events.map((event) => [event.id, event]));
  const reached = new Map<string, number>();
  for (const id of ids) {
    const event = byId.get(id);
    if (event === undefined) {
      losses.push(`${who} has ${id}, which is no event`);
      continue;
    }
    const { orderId, version } = event;
    const due = (reached.get(orderId) ?? 0) + 1;
    if (version !== due) {
      losses.push(`${who} has version ${version} of ${orderId} where ${due} was due`);
    }
    reached.set(orderId, version);
  }
  if (ids.length < events.length) {
    losses.push(`${who} has ${ids.length} of ${events.length} events`);
  }
  return losses;
}
