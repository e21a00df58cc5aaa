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

  /** The number of parked lanes that are tried again automatically. */
  get asideCount(): number {
    return this.parked.filter(({ isAside }) => isAside).length;
  }

  /** The number of events in lanes whose first event failed. */
  get failingCount(): number {
    let count = 0;
    for (const { isFailing, items } of this.#lanes.values()) if (isFailing) count += items.length;
    return count;
  }

  get({ tenantId, orderId }: OrderKey): Lane | undefined {
    return this.#lanes.get(laneKey(tenantId, orderId));
  }

  /** Returns the lane of an order, and creates it if needed. */
  of({ tenantId, orderId }: OrderKey, isParked: boolean): Lane {
    const name = laneKey(tenantId, orderId);
    let lane = this.#lanes.get(name);
    if (lane === undefined) {
      lane = this.#newLane({ tenantId, orderId }, isParked);
      this.#lanes.set(name, lane);
    }
    return lane;
  }

  /** Creates the lanes of parked orders. Those whose first event only waits continue. */
  learn(page: readonly ParkedOrder[], now: Timestamp): void {
    for (const parked of page) {
      const lane = this.of(parked, true);
      if (isFree(parked)) lane.drain();
      else if (parked.retryAt !== null) lane.rest(Math.max(0, parked.retryAt - now));
    }
  }

  /** Tries the parked events of these orders again. */
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
