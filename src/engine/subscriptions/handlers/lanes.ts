import type { Timestamp } from '../../../order/values.ts';
import type { OrderKey, ParkedOrder } from '../../../store/store.ts';
import { laneKey } from '../../kernel/keys.ts';
import { isFree } from '../parked-lanes.ts';
import type { Lane } from './lane.ts';

/** The lanes of one partition that have something to do, or something parked. */
export class Lanes {
  readonly #newLane: (key: OrderKey, isParked: boolean) => Lane;
  readonly #lanes = new Map<string, Lane>();

  constructor(newLane: (key: OrderKey, isParked: boolean) => Lane) {
    this.#newLane = newLane;
  }

  get all(): Iterable<Lane> {
    return this.#lanes.values();
  }

  get parked(): readonly Lane[] {
    return [...this.#lanes.values()].filter(({ isParked }) => isParked);
  }

  get parkedKeys(): readonly OrderKey[] {
    return this.parked.map(({ key }) => key);
  }

  /** Events of lanes whose first event has failed, and so of those that wait behind it. */
  get failingCount(): number {
    let count = 0;
    for (const { isFailing, items } of this.#lanes.values()) if (isFailing) count += items.length;
    return count;
  }

  get({ tenantId, orderId }: OrderKey): Lane | undefined {
    return this.#lanes.get(laneKey(tenantId, orderId));
  }

  /** The lane of an order, made when there is none. */
  of({ tenantId, orderId }: OrderKey, isParked: boolean): Lane {
    const name = laneKey(tenantId, orderId);
    let lane = this.#lanes.get(name);
    if (lane === undefined) {
      lane = this.#newLane({ tenantId, orderId }, isParked);
      this.#lanes.set(name, lane);
    }
    return lane;
  }

  /** Makes lanes of orders that are parked; those whose head only waited go on. */
  learn(page: readonly ParkedOrder[], now: Timestamp): void {
    for (const parked of page) {
      const lane = this.of(parked, true);
      if (isFree(parked)) lane.drain();
      else if (parked.retryAt !== null) lane.rest(Math.max(0, parked.retryAt - now));
    }
  }

  /** Tries what is parked of these orders again. */
  drain(keys: readonly OrderKey[]): void {
    for (const key of keys) {
      const lane = this.get(key);
      if (lane?.isParked) lane.drain();
    }
  }

  remove({ key }: Lane): void {
    this.#lanes.delete(laneKey(key.tenantId, key.orderId));
  }

  stopWaits(): void {
    for (const lane of this.#lanes.values()) lane.stop();
  }

  retryWaiting(): void {
    for (const lane of this.#lanes.values()) if (lane.isWaiting) lane.retryNow();
  }
}
