import type { OrderKey } from '../../store/store.ts';
import { laneKey } from '../keys.ts';
import type { ConsumerParts } from './parts.ts';

/** A parked order, and whether its first event only waits: somebody has dealt with the one before. */
export interface ParkedLaneState {
  readonly key: OrderKey;
  readonly isFree: boolean;
}

/** The orders that are parked in one partition. */
export async function parkedIn(
  { store, settings, parkedPlaces }: ConsumerParts,
  partition: number,
): Promise<readonly ParkedLaneState[]> {
  const { subscriptions } = store;
  const found: ParkedLaneState[] = [];
  for (const key of await subscriptions.parkedLanes(settings.name)) {
    const name = laneKey(key.tenantId, key.orderId);
    if ((parkedPlaces.get(name) ?? partition) !== partition) continue;
    const [head] = await subscriptions.parked(settings.name, 1, key);
    if (head === undefined) continue;
    parkedPlaces.set(name, head.partition);
    if (head.partition === partition) found.push({ key, isFree: head.error === null });
  }
  return found;
}

/** Finds out which parked orders somebody else has retried, or skipped events of. */
export class ParkedWatch {
  readonly #parts: ConsumerParts;
  #from = 0;

  constructor(parts: ConsumerParts) {
    this.#parts = parts;
  }

  /**
   * Those of `lanes` that may go on.
   *
   * @param limit So many are looked at now, others the next time: there may be thousands.
   */
  async freed(lanes: readonly OrderKey[], limit: number): Promise<readonly OrderKey[]> {
    if (lanes.length === 0) return [];
    const { store, settings } = this.#parts;
    const parked = await store.subscriptions.parkedLanes(settings.name);
    const names = new Set(parked.map((key) => laneKey(key.tenantId, key.orderId)));
    const isThere = (key: OrderKey) => names.has(laneKey(key.tenantId, key.orderId));
    const freed = lanes.filter((key) => !isThere(key));
    const there = lanes.filter(isThere);
    const from = this.#from < there.length ? this.#from : 0;
    this.#from = from + limit;
    for (const key of there.slice(from, from + limit)) {
      const [head] = await store.subscriptions.parked(settings.name, 1, key);
      if (head?.error === null) freed.push(key);
    }
    return freed;
  }
}
