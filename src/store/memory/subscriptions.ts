import type { Timestamp } from '../../order/values.ts';
import type {
  Checkpoint,
  JoinRequest,
  Lease,
  LeaseRequest,
  OrderKey,
  ParkedEvent,
  SubscriptionStore,
} from '../store.ts';
import { compareText, SortedList } from './sorted-list.ts';

interface LeaseState {
  owner: string | undefined;
  epoch: number;
  expiresAt: Timestamp;
  position: number;
}

interface Member {
  readonly joinedAt: Timestamp;
  expiresAt: Timestamp;
}

/** Where a parked event stands among those of its subscription. */
interface ParkedKey extends OrderKey {
  readonly version: number;
}

interface ParkedItem extends ParkedKey {
  parked: ParkedEvent;
}

interface ParkingLot {
  readonly byEventId: Map<string, ParkedItem>;
  readonly inOrder: SortedList<ParkedKey, ParkedItem>;
}

/** Members, leases, checkpoints and parked events of a memory store. */
export class MemorySubscriptions implements SubscriptionStore {
  readonly #members = new Map<string, Map<string, Member>>();
  readonly #leases = new Map<string, Map<number, LeaseState>>();
  readonly #lots = new Map<string, ParkingLot>();
  readonly #checkOpen: () => void;

  constructor(checkOpen: () => void) {
    this.#checkOpen = checkOpen;
  }

  async join({ subscription, owner, now, durationMs }: JoinRequest): Promise<readonly string[]> {
    this.#checkOpen();
    const members = this.#membersAt(subscription, now);
    const member = members.get(owner);
    const expiresAt = now + durationMs;
    if (member === undefined) members.set(owner, { joinedAt: now, expiresAt });
    else member.expiresAt = expiresAt;
    this.#members.set(subscription, members);
    return [...members]
      .sort(([one, { joinedAt }], [other, member]) => {
        return joinedAt - member.joinedAt || compareText(one, other);
      })
      .map(([name]) => name);
  }

  async leave(subscription: string, owner: string): Promise<void> {
    this.#checkOpen();
    this.#members.get(subscription)?.delete(owner);
  }

  async acquire(request: LeaseRequest): Promise<Lease | undefined> {
    this.#checkOpen();
    const { subscription, partition, owner, now } = request;
    const state = this.#stateFor(request);
    const isHeld = state.owner !== undefined && state.expiresAt > now;
    if (isHeld && state.owner !== owner) return undefined;
    if (!isHeld) state.epoch += 1;
    state.owner = owner;
    state.expiresAt = now + request.durationMs;
    return { subscription, partition, owner, epoch: state.epoch, position: state.position };
  }

  async renew(lease: Lease, now: Timestamp, durationMs: number): Promise<boolean> {
    const state = this.#held(lease);
    if (state === undefined) return false;
    state.expiresAt = now + durationMs;
    return true;
  }

  async release(lease: Lease): Promise<void> {
    const state = this.#held(lease);
    if (state !== undefined) state.owner = undefined;
  }

  async checkpoint(lease: Lease, position: number): Promise<boolean> {
    const state = this.#held(lease);
    if (state === undefined) return false;
    state.position = position;
    return true;
  }

  async checkpoints(subscription: string): Promise<readonly Checkpoint[]> {
    this.#checkOpen();
    const partitions = [...(this.#leases.get(subscription) ?? [])];
    return partitions
      .map(([partition, { position }]) => ({ partition, position }))
      .sort((one, other) => one.partition - other.partition);
  }

  async rewind(subscription: string, partition: number, position: number): Promise<void> {
    this.#checkOpen();
    const state = this.#stateFor({ subscription, partition, startPosition: position });
    state.position = position;
    state.owner = undefined;
  }

  async remove(subscription: string, now: Timestamp): Promise<boolean> {
    this.#checkOpen();
    const leases = this.#leases.get(subscription)?.values() ?? Iterator.from([]);
    const isHeld = leases.some(({ owner, expiresAt }) => owner !== undefined && expiresAt > now);
    if (isHeld || this.#membersAt(subscription, now).size > 0) return false;
    this.#members.delete(subscription);
    this.#leases.delete(subscription);
    this.#lots.delete(subscription);
    return true;
  }

  async park(lease: Lease, entry: ParkedEvent): Promise<boolean> {
    if (this.#held(lease) === undefined) return false;
    let lot = this.#lots.get(entry.subscription);
    if (lot === undefined) {
      lot = { byEventId: new Map(), inOrder: new SortedList(compareParked) };
      this.#lots.set(entry.subscription, lot);
    }
    const { id, tenantId, orderId, version } = entry.event;
    const item = { tenantId, orderId, version, parked: entry };
    const former = lot.byEventId.get(id);
    if (former !== undefined) lot.inOrder.delete(former);
    lot.byEventId.set(id, item);
    lot.inOrder.add(item);
    return true;
  }

  async parked(
    subscription: string,
    limit: number,
    lane?: OrderKey,
  ): Promise<readonly ParkedEvent[]> {
    this.#checkOpen();
    const from = lane && { tenantId: lane.tenantId, orderId: lane.orderId, version: 0 };
    return (this.#lots.get(subscription)?.inOrder.ascending(from) ?? Iterator.from([]))
      .take(limit)
      .filter((item) => lane === undefined || isSameOrder(item, lane))
      .map((item) => item.parked)
      .toArray();
  }

  async parkedLanes(subscription: string): Promise<readonly OrderKey[]> {
    this.#checkOpen();
    const lanes: OrderKey[] = [];
    for (const { tenantId, orderId } of this.#lots.get(subscription)?.inOrder.ascending() ?? []) {
      const last = lanes.at(-1);
      if (last === undefined || !isSameOrder(last, { tenantId, orderId })) {
        lanes.push({ tenantId, orderId });
      }
    }
    return lanes;
  }

  async requeue(subscription: string, lane?: OrderKey): Promise<void> {
    this.#checkOpen();
    for (const item of this.#lots.get(subscription)?.byEventId.values() ?? []) {
      const isMeant = lane === undefined || isSameOrder(item, lane);
      if (isMeant) item.parked = { ...item.parked, error: null };
    }
  }

  async unpark(subscription: string, eventId: string): Promise<boolean> {
    this.#checkOpen();
    const lot = this.#lots.get(subscription);
    const item = lot?.byEventId.get(eventId);
    if (lot === undefined || item === undefined) return false;
    lot.byEventId.delete(eventId);
    return lot.inOrder.delete(item);
  }

  /** Those who take part at `now`; the others are forgotten. */
  #membersAt(subscription: string, now: Timestamp): Map<string, Member> {
    const members = this.#members.get(subscription) ?? [];
    return new Map([...members].filter(([, { expiresAt }]) => expiresAt > now));
  }

  #stateFor({
    subscription,
    partition,
    startPosition,
  }: Pick<LeaseRequest, 'subscription' | 'partition' | 'startPosition'>): LeaseState {
    let partitions = this.#leases.get(subscription);
    if (partitions === undefined) {
      partitions = new Map();
      this.#leases.set(subscription, partitions);
    }
    let state = partitions.get(partition);
    if (state === undefined) {
      state = { owner: undefined, epoch: 0, expiresAt: 0, position: startPosition };
      partitions.set(partition, state);
    }
    return state;
  }

  /** The state under `lease`, unless somebody took the partition since or it was given back. */
  #held(lease: Lease): LeaseState | undefined {
    this.#checkOpen();
    const state = this.#leases.get(lease.subscription)?.get(lease.partition);
    return state?.owner === lease.owner && state.epoch === lease.epoch ? state : undefined;
  }
}

function isSameOrder(one: OrderKey, other: OrderKey): boolean {
  return one.tenantId === other.tenantId && one.orderId === other.orderId;
}

function compareParked(one: ParkedKey, other: ParkedKey): number {
  return (
    compareText(one.tenantId, other.tenantId) ||
    compareText(one.orderId, other.orderId) ||
    one.version - other.version
  );
}
