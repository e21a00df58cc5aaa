import { OrderchartError } from '../errors.ts';
import type { OrderEvent } from '../order/envelope.ts';
import type { Deadline, Timestamp } from '../order/values.ts';
import { type FeedPlace, MemoryFeed } from './memory/feed.ts';
import { compareText, SortedList } from './memory/sorted-list.ts';
import { MemorySubscriptions } from './memory/subscriptions.ts';
import { type MemoryOrder, MemoryTenant } from './memory/tenant.ts';
import type {
  CommandIdentity,
  CommandRecord,
  Commit,
  CommitOutcome,
  DueOrder,
  FeedEntry,
  ListPage,
  ListQuery,
  OrderKey,
  OrderRecord,
  OrderStore,
  PurgeRequest,
  PurgeResult,
  StoreFeatures,
} from './store.ts';

/**
 * Makes a store that keeps everything in this process: for tests, and for trying things out.
 * Nothing survives the process. The data do survive `close`, so that a test can open the same
 * store again and see what a restarted engine would find.
 *
 * @example
 * const engine = await createOrderEngine({ store: createMemoryStore() });
 */
export function createMemoryStore(): OrderStore {
  return new MemoryStore();
}

interface DueKey {
  readonly dueAt: Timestamp;
  readonly sequence: number;
}

interface DueItem extends DueKey {
  readonly order: MemoryOrder;
  readonly deadline: Deadline;
}

interface ArchiveKey {
  readonly archivedAt: Timestamp;
  readonly sequence: number;
}

interface ArchiveItem extends ArchiveKey {
  readonly order: MemoryOrder;
}

class MemoryStore implements OrderStore {
  readonly name = 'memory';
  readonly features: StoreFeatures = {
    durable: false,
    shared: false,
    partitions: 1,
    transactions: false,
  };
  readonly subscriptions: MemorySubscriptions;

  readonly #tenants = new Map<string, MemoryTenant>();
  readonly #feed = new MemoryFeed();
  readonly #due = new SortedList<DueKey, DueItem>(compareDue);
  readonly #archived = new SortedList<ArchiveKey, ArchiveItem>(compareArchived);
  readonly #commandsByTime = new SortedList<CommandRecord, CommandRecord>(compareCommands);
  #orderCount = 0;
  #isOpen = false;

  constructor() {
    this.subscriptions = new MemorySubscriptions(() => this.#checkOpen());
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

  async history(key: OrderKey, after: number, limit: number): Promise<readonly OrderEvent[]> {
    this.#checkOpen();
    // Versions run from 1 without gaps, so the event of version n stands at n - 1.
    const places = this.#order(key)?.places.slice(after, after + limit) ?? [];
    return places.map((place) => place.event as OrderEvent);
  }

  async list(query: ListQuery): Promise<ListPage> {
    this.#checkOpen();
    return this.#tenants.get(query.tenantId)?.list(query) ?? { records: [], next: undefined };
  }

  async feed(partition: number, after: number, limit: number): Promise<readonly FeedEntry[]> {
    this.#checkOpen();
    return partition === 0 ? this.#feed.read(after, limit) : [];
  }

  async feedEnd(partition: number): Promise<number> {
    this.#checkOpen();
    return partition === 0 ? this.#feed.end : 0;
  }

  async feedPositionAt(partition: number, time: Timestamp): Promise<number> {
    this.#checkOpen();
    return partition === 0 ? this.#feed.positionAt(time) : 0;
  }

  async due(now: Timestamp, limit: number): Promise<readonly DueOrder[]> {
    this.#checkOpen();
    const due: DueOrder[] = [];
    for (const { dueAt, order, deadline } of this.#due.ascending()) {
      if (dueAt > now || due.length >= limit) break;
      due.push({ tenantId: order.tenantId, orderId: order.orderId, deadline });
    }
    return due;
  }

  async nextDueAt(): Promise<Timestamp | undefined> {
    this.#checkOpen();
    return this.#due.first?.dueAt;
  }

  async archived(time: Timestamp, limit: number): Promise<readonly OrderKey[]> {
    this.#checkOpen();
    const orders = this.#archivedOrders(time, limit);
    return orders.map(({ record: { tenantId, orderId } }) => ({ tenantId, orderId }));
  }

  async purge(request: PurgeRequest): Promise<PurgeResult> {
    this.#checkOpen();
    const { commandsBefore, archivedBefore, limit } = request;
    return {
      commands: commandsBefore === undefined ? 0 : this.#purgeCommands(commandsBefore, limit),
      orders: archivedBefore === undefined ? 0 : this.#purgeOrders(request, archivedBefore),
    };
  }

  /** No step of this waits, so it is atomic; and it refuses before it writes. */
  #commitOne(commit: Commit): CommitOutcome {
    const { record, command } = commit;
    const tenant = this.#tenants.get(commit.tenantId);
    const order = tenant?.orders.get(commit.orderId);
    // 1. Has the command been answered before?
    const known = command && tenant?.command(command);
    if (known !== undefined) return { status: 'duplicate', record: known };
    // 2. Was it decided on the present version?
    if ((order?.record.version ?? 0) !== commit.expectedVersion) return { status: 'conflict' };
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
    const { sequence } = order;
    if (former !== undefined) this.#due.delete({ dueAt: former.dueAt, sequence });
    if (deadline !== undefined) this.#due.add({ dueAt: deadline.dueAt, sequence, order, deadline });
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
        : orders
            .flatMap((key) => this.#tenants.get(key.tenantId)?.orders.get(key.orderId) ?? [])
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
      if (deadline) this.#due.delete({ dueAt: deadline.dueAt, sequence: order.sequence });
      this.#tenants.get(order.tenantId)?.remove(order);
      places.push(...order.places);
    }
    this.#feed.purge(places);
    return expired.length;
  }

  #order({ tenantId, orderId }: OrderKey): MemoryOrder | undefined {
    return this.#tenants.get(tenantId)?.orders.get(orderId);
  }

  #checkOpen(): void {
    if (this.#isOpen) return;
    throw new OrderchartError(
      'storeClosed',
      'The memory store is not open. Open it first; a closed engine cannot be used again.',
    );
  }
}

function compareDue(one: DueKey, other: DueKey): number {
  return one.dueAt - other.dueAt || one.sequence - other.sequence;
}

function compareArchived(one: ArchiveKey, other: ArchiveKey): number {
  return one.archivedAt - other.archivedAt || one.sequence - other.sequence;
}

function compareCommands(one: CommandRecord, other: CommandRecord): number {
  return (
    one.recordedAt - other.recordedAt ||
    compareText(one.tenantId, other.tenantId) ||
    compareText(one.scope, other.scope) ||
    compareText(one.key, other.key)
  );
}
