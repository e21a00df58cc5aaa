import { feedQueries } from '../../../src/store/postgres/feed.ts';
import { leaseQueries } from '../../../src/store/postgres/lease-queries.ts';
import { listQueries } from '../../../src/store/postgres/list.ts';
import { memberQueries } from '../../../src/store/postgres/members.ts';
import { orderQueries } from '../../../src/store/postgres/orders.ts';
import { parkingQueries } from '../../../src/store/postgres/parking.ts';
import { purgeQueries } from '../../../src/store/postgres/purge.ts';
import { statusQueries } from '../../../src/store/postgres/statuses.ts';
import { noon, upTo } from '../../../src/testing/conformance/given.ts';

/** What one query of the store is asked of a schema that filled.ts has filled. */
interface Question {
  readonly values: readonly string[];
  /** How many pages it may look at, at most: some 40 unless it gives or changes many rows. */
  readonly pages?: number;
  /** The same before the first VACUUM, when an index alone cannot tell what is visible. */
  readonly pagesUnvacuumed?: number;
}

type Answers<Queries> = { readonly [Name in keyof Queries]: Question };

const column = (...values: readonly string[]): string => values.join('\x1e');

const tenant = 'tenant-1';
const late = `${noon * 2}`;
/** The ids of the thirty statuses of one lifecycle. */
const ids = upTo(30)
  .map((n) => n * 10 - 6)
  .join(',');
const fiveHundred = upTo(500).join(',');
const subscription = 'subscription-7';
const owner = 'owner';
const lease = [subscription, '3', owner, '1'];
/** And what its holder knows: revision, history, the last event it has read. */
const known = [...lease, '1', '1', '500', 'event-8000'];
const heldLeases = [column(subscription, subscription), '3,4', column(owner, owner), '1,1'];
const changes = [...heldLeases, '1,1', '1,1', '500,-1', column('event-8000', '-'), '7,8'];

const order: Answers<ReturnType<typeof orderQueries>> = {
  load: { values: [column(tenant, tenant), column('order-000000301', 'none')] },
  findByNumber: { values: [tenant, 'N-4'] },
  findCommands: {
    values: [column(tenant, tenant), column('requests', 'requests'), column('key-4', 'none')],
  },
  history: { values: [tenant, 'order-000000301', '0', '100', '1000000'] },
  due: { values: [late, '100', `${noon}`, tenant, 'order-000000301'], pages: 120 },
  nextDueAt: { values: [`${noon}`] },
};

const list: Answers<ReturnType<typeof listQueries>> = {
  all: { values: [tenant, late, '', '101', '8000000'] },
  ofCustomer: { values: [tenant, late, '', '101', '8000000', 'customer-31'] },
  ofCustomerInStatus: { values: [tenant, late, '', '101', '8000000', ids, 'customer-31'] },
  // A hundred keys of each status from the index, and the rows of the page.
  inStatus: {
    values: [tenant, late, '', '101', '8000000', ids],
    pages: 700,
    pagesUnvacuumed: 4_000,
  },
};

const feed: Answers<ReturnType<typeof feedQueries>> = {
  isPending: { values: [upTo(15).join(',')], pages: 80 },
  raise: { values: ['0'], pages: 60 },
  // All of two partitions, 2,500 rows, which get their positions.
  sequence: { values: ['3,4'], pages: 40_000 },
  pages: {
    values: ['0,1,2', '0,500,100000', '100,100,100', '1000000,1000000,1000000'],
    pages: 2_000,
  },
  end: { values: ['3', '9223372036854775807'] },
  head: { values: ['3'] },
  markBefore: { values: ['3', `${noon + 100_000}`] },
  // A thousand events between two marks, at most.
  firstSince: { values: ['3', '1000', `${noon + 20_000}`], pages: 2_000 },
};

const leases: Answers<ReturnType<typeof leaseQueries>> = {
  acquire: {
    values: [
      ...[column(subscription, subscription), '3,4', column('me', 'me')],
      ...[`${noon + 5},${noon + 5}`, '0,0', `${noon}`],
      ...['1,0', '1,-1', '500,-1', column('event-8000', '-')],
    ],
    // The history is asked for each of them.
    pages: 60,
  },
  renew: { values: changes },
  release: { values: lease },
  checkpoint: { values: changes },
  checkpoints: { values: [subscription] },
  rewind: { values: [subscription, '3', '4'] },
  isHeld: { values: known },
  moveHeld: { values: [...known, '9'] },
};

const parking: Answers<ReturnType<typeof parkingQueries>> = {
  park: {
    values: [
      ...[...known, tenant, 'order-1', '99', 'e1', '4', '1', '', '0', '5'],
      ...[column('null'), column('{}')],
    ],
  },
  parked: { values: [subscription, '100', '8000000'], pages: 150 },
  parkedInLane: { values: [subscription, '100', '8000000', tenant, 'order-7'] },
  // A hundred orders, each found by an index.
  parkedLanes: { values: [subscription, '', '', '100'], pages: 500 },
  parkedLanesOf: { values: [subscription, '', '', '100', '3'], pages: 500 },
  // Four hundred parked events, all written anew.
  requeue: { values: [subscription], pages: 6_000 },
  requeueLane: { values: [subscription, tenant, 'order-7'], pages: 500 },
  unpark: { values: [...known, 'event-7'] },
  skip: { values: [subscription, 'event-7'] },
};

const member: Answers<ReturnType<typeof memberQueries>> = {
  claimFilter: { values: [subscription, 'order.*', 'order.*'] },
  forget: { values: [subscription, `${noon}`] },
  join: { values: [subscription, 'me', '1', '2'] },
  members: { values: [subscription, '1', 'me'] },
  leave: { values: [subscription, 'owner-113'] },
  remove: { values: [subscription, `${noon + 1}`] },
};

const purge: Answers<ReturnType<typeof purgeQueries>> = {
  commands: { values: ['100000', '500'], pages: 4_000 },
  archived: { values: ['100000', '500'], pages: 600 },
  lockOrders: { values: ['100000', '500'], pages: 1_500 },
  lockTheseOrders: {
    values: ['100000', '500', column(tenant, tenant), column('order-000000040', 'none')],
  },
  events: { values: [fiveHundred], pages: 4_000 },
  orders: { values: [fiveHundred], pages: 4_000 },
  // Sixteen stretches of a thousand feed rows, and the orders of these.
  sweep: { values: ['1000'], pages: 100_000 },
};

const status: Answers<ReturnType<typeof statusQueries>> = {
  byId: { values: ['4,7,9'] },
  others: { values: ['1,2,3'] },
};

/** A query under a name that PREPARE takes. */
export interface Asked extends Question {
  readonly name: string;
  readonly sql: string;
}

const answers = { order, list, feed, lease: leases, parking, member, purge, status };

/** Every query of the store, with values to ask it with. */
export function everyQuestion(schema: string): readonly Asked[] {
  const queries: Readonly<Record<keyof typeof answers, Readonly<Record<string, string>>>> = {
    order: orderQueries(schema),
    list: listQueries(schema),
    feed: feedQueries(schema),
    lease: leaseQueries(schema),
    parking: parkingQueries(schema),
    member: memberQueries(schema),
    purge: purgeQueries(schema),
    status: statusQueries(schema),
  };
  return Object.entries(answers).flatMap(([file, questions]) =>
    Object.entries<Question>(questions).map(([name, question]) => ({
      ...question,
      name: `${file}_${name}`,
      sql: queries[file as keyof typeof answers][name] ?? '',
    })),
  );
}
