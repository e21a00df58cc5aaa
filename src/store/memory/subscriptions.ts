import type { Timestamp } from '../../order/values.ts';
import type {
  Checkpoint,
  JoinRequest,
  KnownLease,
  Lease,
  LeaseRequest,
  OrderKey,
  ParkedEvent,
  ParkedLanesQuery,
  ParkedOrder,
  SubscriptionStore,
} from '../store.ts';
import { boundedPage } from './bounded-page.ts';
import { type FeedMark, historyChanged } from './feed.ts';
import { Members } from './members.ts';
import {
  compareParked,
  isSameOrder,
  type ParkedItem,
  type ParkingLot,
  parkedOrder,
} from './parked.ts';
import { SortedList } from './sorted-list.ts';

interface LeaseState {
  owner: string | undefined;
  epoch: number;
  revision: number;
  expiresAt: Timestamp;
  position: number;
}

/** The methods of the rest of the store that this part needs. */
interface Ground {
  /** Throws when the store is closed. */
  checkOpen(): void;
  history(): number;
  /** Returns the last position of a partition. */
  end(partition: number): number;
  /** Throws `historyChanged` for another history, or one in which `seen` cannot have been seen. */
  check(partition: number, history: number, seen: FeedMark | undefined): void;
}

/** The members, leases, checkpoints and parked events of a memory store. */
export class MemorySubscriptions implements SubscriptionStore {
  readonly #members = new Members();
  readonly #leases = new Map<string, Map<number, LeaseState>>();
  readonly #lots = new Map<string, ParkingLot>();
  readonly #ground: Ground;

  constructor(ground: Ground) {
    this.#ground = ground;
  }

  async claimFilter(subscription: string, filter: string, replacing?: string): Promise<string> {
    this.#ground.checkOpen();
    return this.#members.claimFilter(subscription, filter, replacing);
  }

  async join(request: JoinRequest): Promise<readonly string[]> {
    this.#ground.checkOpen();
    return this.#members.join(request);
  }

  async leave(subscription: string, owner: string): Promise<void> {
    this.#ground.checkOpen();
    this.#members.leave(subscription, owner);
  }

  async acquire(request: LeaseRequest): Promise<Lease | undefined> {
    this.#ground.checkOpen();
    const { subscription, partition, owner, now, known } = request;
    if (known !== undefined) this.#check(request, known);
    const state = this.#stateFor(request);
    const isHeld = state.owner !== undefined && state.expiresAt > now;
    if (isHeld && state.owner !== owner) return undefined;
    if (!isHeld) state.epoch += 1;
    state.owner = owner;
    state.expiresAt = now + request.durationMs;
    state.revision += 1;
    const { epoch, position, revision } = state;
    const history = this.#ground.history();
    return { subscription, partition, owner, epoch, position, revision, history };
  }

  async renew(lease: Lease, now: Timestamp, durationMs: number): Promise<Lease | undefined> {
    return this.#write(lease, (state) => {
      state.expiresAt = now + durationMs;
    });
  }

  async release(lease: Lease): Promise<void> {
    const state = this.#held(lease);
    if (state !== undefined) state.owner = undefined;
  }

  async checkpoint(lease: Lease, position: number): Promise<Lease | undefined> {
    return this.#write(lease, (state) => {
      if (position > this.#ground.end(lease.partition)) throw historyChanged();
      state.position = position;
    });
  }

  async checkpoints(subscription: string): Promise<readonly Checkpoint[]> {
    this.#ground.checkOpen();
    const partitions = [...(this.#leases.get(subscription) ?? [])];
    return partitions
      .map(([partition, { position }]) => ({ partition, position }))
      .sort((one, other) => one.partition - other.partition);
  }

  async rewind(subscription: string, partition: number, position: number): Promise<void> {
    this.#ground.checkOpen();
    const state = this.#stateFor({ subscription, partition, startPosition: position });
    state.position = position;
    state.owner = undefined;
    state.revision += 1;
  }

  async remove(subscription: string, now: Timestamp): Promise<boolean> {
    this.#ground.checkOpen();
    const leases = this.#leases.get(subscription)?.values() ?? Iterator.from([]);
    const isHeld = leases.some(({ owner, expiresAt }) => owner !== undefined && expiresAt > now);
    if (isHeld || this.#members.areThere(subscription, now)) return false;
    this.#members.remove(subscription);
    this.#leases.delete(subscription);
    this.#lots.delete(subscription);
    return true;
  }

  async park(lease: Lease, entries: readonly ParkedEvent[]): Promise<Lease | undefined> {
    return this.#write(lease, () => {
      for (const entry of entries) this.#park(entry);
    });
  }

  async parked(
    subscription: string,
    limit: number,
    lane?: OrderKey,
    maximumBytes?: number,
  ): Promise<readonly ParkedEvent[]> {
    this.#ground.checkOpen();
    const from = lane && { tenantId: lane.tenantId, orderId: lane.orderId, version: 0 };
    const page = (this.#lots.get(subscription)?.inOrder.ascending(from) ?? Iterator.from([]))
      .take(limit)
      .filter((item) => lane === undefined || isSameOrder(item, lane))
      .map((item) => item.parked)
      .toArray();
    return boundedPage(page, ({ event }) => event, maximumBytes);
  }

  async parkedLanes(query: ParkedLanesQuery): Promise<readonly ParkedOrder[]> {
    this.#ground.checkOpen();
    const { subscription, partition, after, limit } = query;
    const found: ParkedOrder[] = [];
    let last = after;
    for (const item of this.#itemsFrom(subscription, after)) {
      const isElsewhere = partition !== undefined && item.parked.partition !== partition;
      if (isElsewhere || (last !== undefined && isSameOrder(item, last))) continue;
      if (found.length === limit) break;
      last = item;
      found.push(parkedOrder(item.parked));
    }
    return found;
  }

  async requeue(subscription: string, lane?: OrderKey): Promise<number> {
    this.#ground.checkOpen();
    let count = 0;
    let last: OrderKey | undefined;
    for (const item of this.#itemsFrom(subscription, lane)) {
      if (lane !== undefined && !isSameOrder(item, lane)) break;
      if (last === undefined || !isSameOrder(item, last)) count += 1;
      last = item;
      const requeues = item.parked.requeues + 1;
      item.parked = { ...item.parked, error: null, retryAt: null, requeues };
    }
    return count;
  }

  async unpark(lease: Lease, eventId: string): Promise<Lease | undefined> {
    return this.#write(lease, () => this.#unpark(lease.subscription, eventId));
  }

  async skip(subscription: string, eventId: string): Promise<boolean> {
    this.#ground.checkOpen();
    return this.#unpark(subscription, eventId);
  }

  #unpark(subscription: string, eventId: string): boolean {
    const lot = this.#lots.get(subscription);
    const item = lot?.byEventId.get(eventId);
    if (lot === undefined || item === undefined) return false;
    lot.byEventId.delete(eventId);
    return lot.inOrder.delete(item);
  }

  #park(entry: ParkedEvent): void {
    let lot = this.#lots.get(entry.subscription);
    if (lot === undefined) {
      lot = { byEventId: new Map(), inOrder: new SortedList(compareParked) };
      this.#lots.set(entry.subscription, lot);
    }
    const { id, tenantId, orderId, version } = entry.event;
    const item = { tenantId, orderId, version, parked: entry };
    const [former] = lot.inOrder.ascending(item).take(1);
    if (former !== undefined && compareParked(former, item) === 0) {
      // Not always the same event: the order may have been purged and placed again.
      lot.byEventId.delete(former.parked.event.id);
      former.parked = { ...entry, requeues: former.parked.requeues };
      lot.byEventId.set(id, former);
      return;
    }
    lot.byEventId.set(id, item);
    lot.inOrder.add(item);
  }

  /** Yields the parked events of an order and of all orders behind it. */
  #itemsFrom(subscription: string, order: OrderKey | undefined): Iterable<ParkedItem> {
    const from = order && { tenantId: order.tenantId, orderId: order.orderId, version: 0 };
    return this.#lots.get(subscription)?.inOrder.ascending(from) ?? [];
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
      state = { owner: undefined, epoch: 0, revision: 0, expiresAt: 0, position: startPosition };
      partitions.set(partition, state);
    }
    return state;
  }

  /** Runs `work` under the lease, unless a later epoch exists; throws when its holder is out of date. */
  #write(lease: Lease, work: (state: LeaseState) => void): Lease | undefined {
    const state = this.#held(lease);
    if (state === undefined) return undefined;
    this.#check(lease, lease);
    work(state);
    state.revision += 1;
    return { ...lease, revision: state.revision };
  }

  /** Throws `historyChanged` if the owner's last knowledge of the lease contradicts the store. */
  #check(place: Pick<Lease, 'subscription' | 'partition'>, known: KnownLease): void {
    const state = this.#leases.get(place.subscription)?.get(place.partition);
    if ((state?.revision ?? 0) < known.revision) throw historyChanged();
    this.#ground.check(place.partition, known.history, known.seen);
  }

  /** Returns the state under `lease`, unless it was taken by another owner or released since. */
  #held(lease: Lease): LeaseState | undefined {
    this.#ground.checkOpen();
    const state = this.#leases.get(lease.subscription)?.get(lease.partition);
    return state?.owner === lease.owner && state.epoch === lease.epoch ? state : undefined;
  }
}
