import type { AnyStatus, Timestamp } from '../../order/values.ts';
import { listPage } from '../list-page.ts';
import {
  type CommandIdentity,
  type CommandRecord,
  type ListPage,
  type ListPosition,
  type ListQuery,
  matchesStatus,
  type OrderRecord,
} from '../store.ts';
import { boundedPage } from './bounded-page.ts';
import type { FeedPlace } from './feed.ts';
import { compareText, SortedList } from './sorted-list.ts';

/** One order: its record, and the places of its events in the feed. */
export interface MemoryOrder {
  readonly tenantId: string;
  readonly orderId: string;
  readonly placedAt: Timestamp;
  /** The number of the order within the store, which sorts orders archived at the same moment. */
  readonly sequence: number;
  record: OrderRecord;
  readonly places: FeedPlace[];
}

type ListIndex = SortedList<ListPosition, MemoryOrder>;

interface StatusIndex {
  readonly status: AnyStatus;
  readonly orders: ListIndex;
}

/** The orders of one tenant, by id, by number and by each way to list them, and its commands. */
export class MemoryTenant {
  readonly orders = new Map<string, MemoryOrder>();
  readonly byNumber = new Map<string, MemoryOrder>();
  readonly #byPlacedAt = newListIndex();
  readonly #byStatus = new Map<string, StatusIndex>();
  readonly #byCustomer = new Map<string, ListIndex>();
  readonly #commands = new Map<string, Map<string, CommandRecord>>();

  command({ scope, key }: CommandIdentity): CommandRecord | undefined {
    return this.#commands.get(scope)?.get(key);
  }

  putCommand(record: CommandRecord): void {
    const keys = this.#commands.get(record.scope);
    if (keys === undefined) this.#commands.set(record.scope, new Map([[record.key, record]]));
    else keys.set(record.key, record);
  }

  deleteCommand({ scope, key }: CommandIdentity): void {
    const keys = this.#commands.get(scope);
    keys?.delete(key);
    if (keys?.size === 0) this.#commands.delete(scope);
  }

  /** Puts an order that is new or changed into every index. */
  index(order: MemoryOrder, former: OrderRecord | undefined): void {
    const { record } = order;
    if (former === undefined) {
      this.orders.set(record.orderId, order);
      this.#byPlacedAt.add(order);
    }
    if (former?.number !== record.number) this.#indexNumber(order, former);
    if (former?.customerId !== record.customerId) this.#indexCustomer(order, former);
    if (former?.status !== record.status) this.#indexStatus(order, former);
  }

  remove(order: MemoryOrder): void {
    const { record } = order;
    this.orders.delete(record.orderId);
    this.#byPlacedAt.delete(order);
    if (record.number !== null) this.byNumber.delete(record.number);
    if (record.customerId !== null) this.#byCustomer.get(record.customerId)?.delete(order);
    this.#byStatus.get(statusKey(record.status))?.orders.delete(order);
  }

  list(query: ListQuery): ListPage {
    const { limit, maximumBytes } = query;
    // One order more than the page has shows whether there is another page.
    const found = this.#candidates(query)
      .take(limit + 1)
      .map((order) => order.record)
      .toArray();
    const records = boundedPage(found.slice(0, limit), ({ order }) => order, maximumBytes);
    return listPage(records, found.length);
  }

  /** Yields the matching orders, newest first, from the index with the fewest others. */
  #candidates({ status, customerId, after }: ListQuery): IteratorObject<MemoryOrder, void> {
    if (customerId !== undefined) {
      const orders = this.#byCustomer.get(customerId)?.descending(after) ?? Iterator.from([]);
      return status === undefined
        ? orders
        : orders.filter((order) => matchesStatus(order.record.status, status));
    }
    if (status === undefined) return this.#byPlacedAt.descending(after);
    const matching = [...this.#byStatus.values()].filter((index) =>
      matchesStatus(index.status, status),
    );
    return Iterator.from(mergeDescending(matching.map((index) => index.orders.descending(after))));
  }

  #indexNumber(order: MemoryOrder, former: OrderRecord | undefined): void {
    if (former !== undefined && former.number !== null) this.byNumber.delete(former.number);
    if (order.record.number !== null) this.byNumber.set(order.record.number, order);
  }

  #indexCustomer(order: MemoryOrder, former: OrderRecord | undefined): void {
    if (former !== undefined && former.customerId !== null) {
      this.#byCustomer.get(former.customerId)?.delete(order);
    }
    const { customerId } = order.record;
    if (customerId === null) return;
    const index = this.#byCustomer.get(customerId);
    if (index !== undefined) index.add(order);
    else this.#byCustomer.set(customerId, newListIndex([order]));
  }

  #indexStatus(order: MemoryOrder, former: OrderRecord | undefined): void {
    const { status } = order.record;
    const key = statusKey(status);
    const formerKey = former && statusKey(former.status);
    if (key === formerKey) return;
    if (formerKey !== undefined) this.#byStatus.get(formerKey)?.orders.delete(order);
    const index = this.#byStatus.get(key);
    if (index !== undefined) index.orders.add(order);
    else this.#byStatus.set(key, { status, orders: newListIndex([order]) });
  }
}

/** Merges lists that are sorted newest first; there is one per distinct status, so few. */
function* mergeDescending(
  lists: readonly Iterator<MemoryOrder, void>[],
): Generator<MemoryOrder, void> {
  const heads = lists.map((list) => ({ list, order: list.next().value }));
  for (;;) {
    let newest: (typeof heads)[number] | undefined;
    for (const head of heads) {
      if (head.order === undefined) continue;
      if (newest?.order === undefined || compareListPosition(head.order, newest.order) > 0) {
        newest = head;
      }
    }
    if (newest?.order === undefined) return;
    yield newest.order;
    newest.order = newest.list.next().value;
  }
}

/** The text of each status. A chart returns the same object for the same state, so few are made. */
const statusKeys = new WeakMap<AnyStatus, string>();

function statusKey(status: AnyStatus): string {
  let key = statusKeys.get(status);
  if (key === undefined) {
    key = JSON.stringify(status);
    statusKeys.set(status, key);
  }
  return key;
}

function newListIndex(orders: readonly MemoryOrder[] = []): ListIndex {
  const index: ListIndex = new SortedList(compareListPosition);
  for (const order of orders) index.add(order);
  return index;
}

function compareListPosition(one: ListPosition, other: ListPosition): number {
  return one.placedAt - other.placedAt || compareText(one.orderId, other.orderId);
}
