import assert from 'node:assert/strict';
import type { OrderEvent } from '../../order/envelope.ts';
import { deepFreeze } from '../../order/freeze.ts';
import type { AnyStatus, Deadline, JsonObject, Timestamp } from '../../order/values.ts';
import type {
  CommandRecord,
  Commit,
  FeedEntry,
  ListQuery,
  OrderKey,
  OrderRecord,
  OrderStore,
} from '../../store/store.ts';
import { write } from './outcomes.ts';

export { expectOutcomes, statusesOf, write, writeWithin } from './outcomes.ts';

/** When orders are placed unless a case says otherwise. */
export const noon: Timestamp = Date.UTC(2026, 0, 1, 12);

/** The parts of a commit that a case specifies. The rest has defaults. */
export interface CommitSpec {
  readonly tenantId?: string;
  readonly orderId?: string;
  readonly expectedVersion?: number;
  /** Default: `revision-<expectedVersion>`, or `null` for a new order. */
  readonly expectedRevision?: string | null;
  /** The revision of the order afterwards. Default: `revision-<version>`. */
  readonly revision?: string;
  readonly eventCount?: number;
  readonly number?: string | null;
  readonly customerId?: string | null;
  readonly status?: AnyStatus;
  readonly deadlines?: readonly Deadline[];
  readonly placedAt?: Timestamp;
  readonly recordedAt?: Timestamp;
  readonly archivedAt?: Timestamp | null;
  readonly updatedAt?: Timestamp;
  readonly order?: JsonObject;
  readonly data?: JsonObject;
  /** The key of the command. Default: the commit has no command. */
  readonly key?: string;
  readonly scope?: string;
  readonly outcome?: JsonObject;
}

/** A spec with all defaults filled in. */
type FullSpec = Required<Omit<CommitSpec, OptionalPart>> & Pick<CommitSpec, OptionalPart>;

type OptionalPart = 'key' | 'updatedAt' | 'expectedRevision' | 'revision';

const defaults: FullSpec = {
  tenantId: 'tenant-1',
  orderId: 'order-1',
  expectedVersion: 0,
  eventCount: 1,
  number: null,
  customerId: null,
  status: { lifecycle: 'placed', payment: 'pending' },
  deadlines: [],
  placedAt: noon,
  recordedAt: noon,
  archivedAt: null,
  order: { currency: 'EUR', total: 1050 },
  data: { amount: 1050 },
  scope: 'requests',
  outcome: { status: 'accepted' },
};

/** The order of a commit unless its spec names another one. */
export const firstOrder: OrderKey = {
  tenantId: defaults.tenantId,
  orderId: defaults.orderId,
};

/** A commit that writes an order. It is frozen, so that a store that modifies it throws. */
export function commitOf(spec: CommitSpec = {}): Commit {
  const full: FullSpec = { ...defaults, ...spec };
  const { tenantId, orderId, expectedVersion, eventCount } = full;
  return deepFreeze({
    tenantId,
    orderId,
    expectedVersion,
    expectedRevision: expectedRevisionOf(full),
    record: recordOf(full),
    events: Array.from({ length: eventCount }, (_, index) =>
      eventOf(full, expectedVersion + index + 1),
    ),
    command: commandOf(full),
  });
}

/** A commit that stores the answer to a command and nothing else. */
export function rejectionOf(spec: CommitSpec & { readonly key: string }): Commit {
  const full: FullSpec = { ...defaults, outcome: { status: 'rejected' }, ...spec };
  const { tenantId, orderId, expectedVersion } = full;
  return deepFreeze({
    tenantId,
    orderId,
    expectedVersion,
    expectedRevision: expectedRevisionOf(full),
    record: undefined,
    events: [],
    command: commandOf(full),
  });
}

function expectedRevisionOf({ expectedVersion, expectedRevision }: FullSpec): string | null {
  if (expectedRevision !== undefined) return expectedRevision;
  return expectedVersion === 0 ? null : revisionAt(expectedVersion);
}

function revisionAt(version: number): string {
  return `revision-${version}`;
}

function recordOf(full: FullSpec): OrderRecord {
  return {
    tenantId: full.tenantId,
    orderId: full.orderId,
    number: full.number,
    customerId: full.customerId,
    version: full.expectedVersion + full.eventCount,
    revision: full.revision ?? revisionAt(full.expectedVersion + full.eventCount),
    status: full.status,
    deadlines: full.deadlines,
    placedAt: full.placedAt,
    // An archived order does not change later unless a case says so.
    updatedAt: full.updatedAt ?? full.archivedAt ?? full.recordedAt,
    archivedAt: full.archivedAt,
    order: full.order,
  };
}

function eventOf(full: FullSpec, version: number): OrderEvent {
  const { tenantId, orderId, status, recordedAt, data } = full;
  return {
    id: `${tenantId}/${orderId}/${version}`,
    type: version === 1 ? 'order.placed' : 'order.changed',
    schemaVersion: 1,
    tenantId,
    orderId,
    version,
    data,
    status,
    chart: 'order@1',
    occurredAt: recordedAt - 5,
    recordedAt,
    causationId: full.key ?? null,
    correlationId: null,
    actor: { kind: 'customer', id: 'customer-1' },
    trace: {
      traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
      tracestate: 'congo=t61rcWkgMzE,rojo=00f067aa0ba902b7',
    },
  };
}

function commandOf(full: FullSpec): CommandRecord | undefined {
  const { tenantId, scope, key, orderId, outcome, recordedAt } = full;
  if (key === undefined) return undefined;
  const fingerprint = 'ab'.repeat(32);
  return { tenantId, scope, key, orderId, fingerprint, outcome, recordedAt };
}

/** The current record of an order. */
export async function loadOne(
  store: OrderStore,
  key: OrderKey = firstOrder,
): Promise<OrderRecord | undefined> {
  return (await store.load([key]))[0];
}

/** A faulty store may return the same page forever. The case must fail then, not hang. */
const pageCountMax = 1_000;

/** Reads pages until one is empty. `read` gets the last item of the previous page. */
export async function readPages<Item>(
  what: string,
  read: (last: Item | undefined) => Promise<readonly Item[]>,
): Promise<readonly Item[]> {
  const items: Item[] = [];
  for (let pageCount = 0; pageCount < pageCountMax; pageCount += 1) {
    const page = await read(items.at(-1));
    if (page.length === 0) return items;
    items.push(...page);
  }
  return assert.fail(`${what} does not end after ${pageCountMax} pages`);
}

/** Every entry of every partition, read in pages of `limit`. */
export async function wholeFeed(store: OrderStore, limit = 1_000): Promise<readonly FeedEntry[]> {
  const entries: FeedEntry[] = [];
  for (let partition = 0; partition < store.features.partitions; partition += 1) {
    const read = (last: FeedEntry | undefined) => store.feed(partition, last?.position ?? 0, limit);
    entries.push(...(await readPages('the feed', read)));
  }
  return entries;
}

/**
 * Writes events of other orders, up to position 20 in each of the first two partitions, since no
 * checkpoint may be beyond the end of the feed.
 */
export async function fillFeed(store: OrderStore): Promise<void> {
  const { partitions } = store.features;
  const ends = () =>
    Promise.all(upTo(Math.min(2, partitions)).map((number) => store.feedEnd(number - 1)));
  for (let round = 1; (await ends()).some((end) => end < 20); round += 1) {
    assert.ok(round <= 50, 'orders are spread over the partitions');
    const ids = upTo(partitions).map((index) => `filling-${round}-${index}`);
    await write(store, ...ids.map((orderId) => commitOf({ orderId, eventCount: 20 })));
  }
}

/** Writes orders until every partition of the feed has an event. */
export async function fillPartitions(store: OrderStore): Promise<void> {
  const ids = upTo(store.features.partitions * 16).map((index) => `filling-${index}`);
  await write(store, ...ids.map((orderId) => commitOf({ orderId })));
}

/** The ids of a whole list, read in pages. */
export async function listIds(
  store: OrderStore,
  query: Omit<ListQuery, 'after' | 'limit' | 'tenantId'> & { readonly tenantId?: string } = {},
  limit = 2,
): Promise<readonly string[]> {
  const ids: string[] = [];
  let after: ListQuery['after'];
  for (let pageCount = 0; pageCount < pageCountMax; pageCount += 1) {
    const page = await store.list({
      tenantId: firstOrder.tenantId,
      ...query,
      limit,
      ...(after && { after }),
    });
    ids.push(...page.records.map((record) => record.orderId));
    if (page.next === undefined) return ids;
    after = page.next;
  }
  return assert.fail(`the list does not end after ${pageCountMax} pages`);
}

/** The range from 1 to `count`. */
export function upTo(count: number): readonly number[] {
  return Array.from({ length: count }, (_, index) => index + 1);
}
