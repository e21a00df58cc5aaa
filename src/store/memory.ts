import { OrderchartError } from '../errors.ts';
import type { OrderEvent } from '../order/envelope.ts';
import type { Deadline, Timestamp } from '../order/values.ts';
import { boundedEvents } from './memory/bounded-page.ts';
import { MemoryDeadlines } from './memory/deadlines.ts';
import { type FeedMark, type FeedPlace, historyChanged, MemoryFeed } from './memory/feed.ts';
import {
  type ArchiveItem,
  type ArchiveKey,
  compareArchived,
  compareCommands,
} from './memory/keys.ts';
import { SortedList } from './memory/sorted-list.ts';
import { MemorySubscriptions } from './memory/subscriptions.ts';
import { type MemoryOrder, MemoryTenant } from './memory/tenant.ts';
import {
  type CommandIdentity,
  type CommandRecord,
  type Commit,
  type CommitOutcome,
  type DueOrder,
  type DuePosition,
  isDecidedOn,
  type ListPage,
  type ListQuery,
  type OrderKey,
  type OrderRecord,
  type OrderStore,
  type PurgeRequest,
  type PurgeResult,
  type StoreFeatures,
} from './store.ts';

/**
 * Creates a store that keeps everything in this process: for tests and for trying things out.
 * Nothing survives the process. The data survives `close`, so that a test can open the same store
 * again, as a restarted engine would.
 *
 * @example
 * const engine = await createOrderEngine({ store: createMemoryStore() });
 */
export function createMemoryStore(): OrderStore {
  return new MemoryStore();
}

class MemoryStore implements OrderStore {
  readonly name = 'memory';
  readonly features: StoreFeatures = {
    durable: false,
    shared: false,
    partitions: 1,
    transactions: false,
    failover: true,
  };
  readonly subscriptions: MemorySubscriptions;

  readonly #tenants = new Map<string, MemoryTenant>();
  readonly #feed = new MemoryFeed();
  readonly #due = new MemoryDeadlines();
  readonly #archived = new SortedList<ArchiveKey, ArchiveItem>(compareArchived);
  readonly #commandsByTime = new SortedList<CommandRecord, CommandRecord>(compareCommands);
  #orderCount = 0;
  #history = 1;
  #isOpen = false;

  constructor() {
    this.subscriptions = new MemorySubscriptions({
      checkOpen: () => this.#checkOpen(),
      history: () => this.#history,
      // There is only one partition. In others, no position counts as beyond the end.
      end: (partition) => (partition === 0 ? this.#feed.end : Number.POSITIVE_INFINITY),
      check: (partition, history, seen) => this.#checkHistory(partition, history, seen),
    });
  }

  async open(): Promise<void> {
    this.#isOpen = true;
  }

  async close(): Promise<void> {
    this.#isOpen = false;
  }

  async load(keys: readonly OrderKey[]): Promise<readonly (OrderRecord | undefined)[]> {
    this.#checkOpen();
    return keys.map((key) => this.#order(key)?.record);
  }

  async findByNumber(tenantId: string, number: string): Promise<string | undefined> {
    this.#checkOpen();
    return this.#tenants.get(tenantId)?.byNumber.get(number)?.orderId;
  }

  async findCommands(
    identities: readonly CommandIdentity[],
  ): Promise<readonly (CommandRecord | undefined)[]> {
    this.#checkOpen();
    return identities.map((identity) => this.#tenants.get(identity.tenantId)?.command(identity));
  }

  async commit(commits: readonly Commit[]): Promise<readonly CommitOutcome[]> {
    this.#checkOpen();
    return commits.map((commit) => this.#commitOne(commit));
  }

  async history(...[key, after, limit, maximumBytes]: Parameters<OrderStore['history']>) {
    this.#checkOpen();
    // Versions run from 1 without gaps, so the event of version n is at index n - 1.
    const places = this.#order(key)?.places.slice(after, after + limit) ?? [];
    return boundedEvents(places, maximumBytes);
  }

  async list(query: ListQuery): Promise<ListPage> {
    this.#checkOpen();
    return this.#tenants.get(query.tenantId)?.list(query) ?? { records: [], next: undefined };
  }

  async feed(...[partition, after, limit, maximumBytes, known]: Parameters<OrderStore['feed']>) {
    this.#checkOpen();
    if (known !== undefined) {
      this.#checkHistory(partition, known.history, { position: after, eventId: known.eventId });
    }
    return partition === 0 ? this.#feed.read(after, limit, maximumBytes) : [];
  }

  async feedEnd(partition: number): Promise<number> {
    this.#checkOpen();
    return partition === 0 ? this.#feed.end : 0;
  }

  async feedPositionAt(partition: number, time: Timestamp): Promise<number> {
    this.#checkOpen();
    return partition === 0 ? this.#feed.positionAt(time) : 0;
  }

  async due(now: Timestamp, limit: number, after?: DuePosition): Promise<readonly DueOrder[]> {
    this.#checkOpen();
    return this.#due.due(now, limit, after);
  }

  async nextDueAt(after?: Timestamp): Promise<Timestamp | undefined> {
    this.#checkOpen();
    return this.#due.nextAfter(after);
  }

  async archived(time: Timestamp, limit: number): Promise<readonly OrderKey[]> {
    this.#checkOpen();
    const orders = this.#archivedOrders(time, limit);
    return orders.map(({ record: { tenantId, orderId } }) => ({ tenantId, orderId }));
  }

  async raiseHistory(above: number): Promise<number> {
    this.#checkOpen();
    this.#history = Math.max(this.#history, above + 1);
    return this.#history;
  }

  async purge(request: PurgeRequest): Promise<PurgeResult> {
    this.#checkOpen();
    const { commandsBefore, archivedBefore, limit } = request;
    return {
      commands: commandsBefore === undefined ? 0 : this.#purgeCommands(commandsBefore, limit),
      orders: archivedBefore === undefined ? 0 : this.#purgeOrders(request, archivedBefore),
    };
  }

  /** Is atomic because no step waits, and because all checks come before the first write. */
  #commitOne(commit: Commit): CommitOutcome {
    const { record, command } = commit;
    const tenant = this.#tenants.get(commit.tenantId);
    const order = tenant?.orders.get(commit.orderId);
    // 1. Has the command been answered before?
    const known = command && tenant?.command(command);
    if (known !== undefined) return { status: 'duplicate', record: known };
    // 2. Was it decided on the present state?
    if (!isDecidedOn(commit, order?.record)) return { status: 'conflict' };
    // 3. Is the number free?
    const holder = record && record.number !== null && tenant?.byNumber.get(record.number);
    if (holder && holder !== order) return { status: 'numberTaken' };
    // 4. Write.
    this.#write(commit, order);
    return { status: 'committed' };
  }

  #write({ tenantId, record, events, command }: Commit, order: MemoryOrder | undefined): void {
    let tenant = this.#tenants.get(tenantId);
    if (tenant === undefined) {
      tenant = new MemoryTenant();
      this.#tenants.set(tenantId, tenant);
    }
    if (record !== undefined) this.#writeOrder(tenant, record, events, order);
    if (command !== undefined) {
      tenant.putCommand(command);
      this.#commandsByTime.add(command);
    }
  }

  #writeOrder(
    tenant: MemoryTenant,
    record: OrderRecord,
    events: readonly OrderEvent[],
    present: MemoryOrder | undefined,
  ): void {
    const former = present?.record;
    const order = present ?? this.#newOrder(record);
    order.record = record;
    for (const event of events) order.places.push(this.#feed.append(event));
    tenant.index(order, former);
    this.#indexDeadline(order, former?.deadlines[0]);
    this.#indexArchive(order, former?.archivedAt ?? null);
  }

  #newOrder(record: OrderRecord): MemoryOrder {
    this.#orderCount += 1;
    const { tenantId, orderId, placedAt } = record;
    return { tenantId, orderId, placedAt, sequence: this.#orderCount, record, places: [] };
  }

  #indexDeadline(order: MemoryOrder, former: Deadline | undefined): void {
    const deadline = order.record.deadlines[0];
    if (deadline?.dueAt === former?.dueAt && deadline?.name === former?.name) return;
    if (former !== undefined) this.#due.delete(order, former);
    if (deadline !== undefined) this.#due.add(order, deadline);
  }

  #indexArchive(order: MemoryOrder, former: Timestamp | null): void {
    const { archivedAt } = order.record;
    if (archivedAt === former) return;
    const { sequence } = order;
    if (former !== null) this.#archived.delete({ archivedAt: former, sequence });
    if (archivedAt !== null) this.#archived.add({ archivedAt, sequence, order });
  }

  #purgeCommands(before: Timestamp, limit: number): number {
    const expired = this.#commandsByTime
      .ascending()
      .take(limit)
      .filter((command) => command.recordedAt < before)
      .toArray();
    for (const command of expired) {
      this.#commandsByTime.delete(command);
      this.#tenants.get(command.tenantId)?.deleteCommand(command);
    }
    return expired.length;
  }

  #archivedOrders(before: Timestamp, limit: number): readonly MemoryOrder[] {
    return this.#archived
      .ascending()
      .filter((item) => item.archivedAt < before && item.order.record.updatedAt < before)
      .take(limit)
      .map((item) => item.order)
      .toArray();
  }

  #purgeOrders({ orders, limit }: PurgeRequest, before: Timestamp): number {
    const expired =
      orders === undefined
        ? this.#archivedOrders(before, limit)
        : this.#ordersOnce(orders)
            .filter(({ record }) => record.archivedAt !== null && record.archivedAt < before)
            .filter(({ record }) => record.updatedAt < before)
            .slice(0, limit);
    const places: FeedPlace[] = [];
    for (const order of expired) {
      this.#archived.delete({
        archivedAt: order.record.archivedAt ?? before,
        sequence: order.sequence,
      });
      const deadline = order.record.deadlines[0];
      if (deadline) this.#due.delete(order, deadline);
      this.#tenants.get(order.tenantId)?.remove(order);
      places.push(...order.places);
    }
    this.#feed.purge(places);
    return expired.length;
  }

  /** Returns the orders that exist, each once however often it is named. */
  #ordersOnce(keys: readonly OrderKey[]): readonly MemoryOrder[] {
    return [...new Set(keys.flatMap((key) => this.#order(key) ?? []))];
  }

  #order({ tenantId, orderId }: OrderKey): MemoryOrder | undefined {
    return this.#tenants.get(tenantId)?.orders.get(orderId);
  }

  #checkHistory(partition: number, history: number, seen: FeedMark | undefined): void {
    const isSeen = seen === undefined || partition !== 0 || this.#feed.hasSeen(seen);
    if (history !== this.#history || !isSeen) throw historyChanged();
  }

  #checkOpen(): void {
    if (this.#isOpen) return;
    throw new OrderchartError(
      'storeClosed',
      'The memory store is not open. Open it first; a closed engine cannot be used again.',
    );
  }
}
