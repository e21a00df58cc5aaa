import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Commit, OrderStore } from '../../store/store.ts';
import { casesOf } from './case.ts';
import { commitOf, noon, rejectionOf, wholeFeed } from './given.ts';
import { ModelStore } from './model-store.ts';

/** A drawn commit. Its version depends on the state of the store when it runs. */
interface Draw {
  readonly tenant: number;
  readonly order: number;
  readonly versionOffset: number;
  readonly revision: number;
  readonly isOfOtherRevision: boolean;
  readonly eventCount: number;
  readonly isRejection: boolean;
  readonly key: number | undefined;
  readonly number: number | undefined;
  readonly customer: number | undefined;
  readonly lifecycle: string;
  readonly payment: string;
  readonly dueAt: number | undefined;
  readonly archivedAt: number | undefined;
  readonly recordedAt: number;
}

/** One call of both the store and the model, whose answers must be equal. */
type Step = (store: OrderStore, model: ModelStore) => Promise<void>;

/** Draws a step. A counterexample shows the drawn values. */
function stepFrom<Drawn>(
  name: string,
  drawn: fc.Arbitrary<Drawn>,
  stepOf: (drawn: Drawn) => Step,
): fc.Arbitrary<Step> {
  return drawn.map((value) =>
    Object.assign(stepOf(value), {
      [fc.toStringMethod]: () => `${name} ${fc.stringify(value)}`,
    }),
  );
}

// Few values, so that they collide often.
const time = fc.integer({ min: 0, max: 20 });
const tenantId = fc.constantFrom('tenant-0', 'tenant-1');
const orderId = fc.constantFrom('order-0', 'order-1', 'order-2');
const lifecycle = fc.constantFrom('placed', 'done');
const payment = fc.constantFrom('pending', 'paid');
const small = (max: number) => fc.option(fc.nat(max), { nil: undefined });

const draw: fc.Arbitrary<Draw> = fc.record({
  tenant: fc.nat(1),
  order: fc.nat(2),
  versionOffset: fc.oneof({ weight: 8, arbitrary: fc.constant(0) }, fc.constantFrom(-1, 1)),
  revision: fc.nat(3),
  isOfOtherRevision: fc.oneof({ weight: 8, arbitrary: fc.constant(false) }, fc.constant(true)),
  eventCount: fc.integer({ min: 0, max: 3 }),
  isRejection: fc.oneof({ weight: 5, arbitrary: fc.constant(false) }, fc.constant(true)),
  key: small(9),
  number: small(3),
  customer: small(1),
  lifecycle,
  payment,
  dueAt: small(20),
  archivedAt: small(20),
  recordedAt: time,
});

const limit = fc.integer({ min: 1, max: 9 });

const steps: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: stepFrom('commit', fc.array(draw, { minLength: 1, maxLength: 4 }), commitStep),
  },
  stepFrom(
    'list',
    fc.record({
      tenantId,
      limit: fc.integer({ min: 1, max: 3 }),
      status: fc.option(fc.record({ lifecycle, payment }, { requiredKeys: [] })),
      customerId: fc.option(fc.constantFrom('customer-0', 'customer-1')),
    }),
    listStep,
  ),
  stepFrom('history', fc.record({ tenantId, orderId, after: fc.nat(5), limit }), historyStep),
  stepFrom('feed', fc.record({ after: fc.nat(20), limit, time }), feedStep),
  stepFrom('due', time, dueStep),
  stepFrom('purge', fc.record({ commandsBefore: time, archivedBefore: time }), purgeStep),
);

export const modelCases = casesOf('model', {
  'any sequence of calls is answered as a plain model answers it': async ({ fresh }) => {
    const property = fc.asyncProperty(
      fc.array(steps, { maxLength: 40, size: 'max' }),
      async (sequence) => {
        const store = await fresh();
        const model = new ModelStore();
        for (const step of sequence) await step(store, model);
        await compareAll(store, model);
        await store.close();
      },
    );
    // Fewer runs than usual, since each opens a store. The host may configure more.
    const numRuns = fc.readConfigureGlobal()?.numRuns ?? 40;
    // Creating a database on a server can take a second per run, so end early rather than fail.
    await fc.assert(property, { numRuns, interruptAfterTimeLimit: 20_000 });
  },
});

function commitStep(draws: readonly Draw[]): Step {
  return async (store, model) => {
    const commits: Commit[] = [];
    const expected = draws.map((one) => {
      const commit = commitFrom(one, model);
      commits.push(commit);
      return model.commit(commit);
    });
    assert.deepStrictEqual(await store.commit(commits), expected);
  };
}

function commitFrom(one: Draw, model: ModelStore): Commit {
  const key = { tenantId: `tenant-${one.tenant}`, orderId: `order-${one.order}` };
  const present = model.load(key);
  const version = present?.version ?? 0;
  const drawnNumber = one.number === undefined ? null : `N-${one.number}`;
  const spec = {
    ...key,
    expectedVersion: Math.max(0, version + one.versionOffset),
    expectedRevision: one.isOfOtherRevision ? 'another' : (present?.revision ?? null),
    recordedAt: one.recordedAt,
    ...(one.key !== undefined && { key: `key-${one.key}` }),
  };
  if (one.isRejection) return rejectionOf({ ...spec, key: `key-${one.key ?? 0}` });
  return commitOf({
    ...spec,
    // The first commit of an order has at least one event.
    eventCount: present === undefined ? Math.max(1, one.eventCount) : one.eventCount,
    revision: `revision-${one.revision}`,
    // The number of an order never changes.
    number: present === undefined ? drawnNumber : present.number,
    customerId: one.customer === undefined ? null : `customer-${one.customer}`,
    status: { lifecycle: one.lifecycle, payment: one.payment },
    deadlines: one.dueAt === undefined ? [] : [{ name: 'a.b.c', dueAt: one.dueAt }],
    archivedAt: one.archivedAt ?? null,
    // Two of the three orders are placed at the same time.
    placedAt: noon + (one.order % 2),
    order: { draw: one.eventCount },
  });
}

function listStep(drawn: {
  readonly tenantId: string;
  readonly limit: number;
  readonly status: { lifecycle?: string; payment?: string } | null;
  readonly customerId: string | null;
}): Step {
  const query = {
    tenantId: drawn.tenantId,
    limit: drawn.limit,
    ...(drawn.status && { status: drawn.status }),
    ...(drawn.customerId !== null && { customerId: drawn.customerId }),
  };
  return async (store, model) => {
    let page = model.list(query);
    assert.deepStrictEqual(await store.list(query), page);
    while (page.next !== undefined) {
      const following = { ...query, after: page.next };
      page = model.list(following);
      assert.deepStrictEqual(await store.list(following), page);
    }
  };
}

function historyStep(drawn: {
  readonly tenantId: string;
  readonly orderId: string;
  readonly after: number;
  readonly limit: number;
}): Step {
  return async (store, model) => {
    assert.deepStrictEqual(
      await store.history(drawn, drawn.after, drawn.limit),
      model.history(drawn, drawn.after, drawn.limit),
    );
  };
}

/** With several partitions positions cannot be predicted, so their sum is compared at the end. */
function feedStep(drawn: { after: number; limit: number; time: number }): Step {
  return async (store, model) => {
    if (store.features.partitions > 1) return;
    assert.deepStrictEqual(
      await store.feed(0, drawn.after, drawn.limit),
      model.feed(drawn.after, drawn.limit),
    );
    assert.equal(await store.feedEnd(0), model.feedEnd);
    assert.equal(await store.feedPositionAt(0, drawn.time), model.feedPositionAt(drawn.time));
  };
}

function dueStep(now: number): Step {
  return async (store, model) => {
    const due = await store.due(now, 100);
    const times = due.map((one) => one.deadline.dueAt);
    assert.deepEqual(
      times,
      times.toSorted((one, other) => one - other),
    );
    assert.deepStrictEqual(sorted(due), sorted(model.due(now)));
    const middle = due.at(Math.floor(due.length / 2));
    if (middle !== undefined) {
      const { tenantId: tenant, orderId: order, deadline } = middle;
      const after = { dueAt: deadline.dueAt, tenantId: tenant, orderId: order };
      assert.deepStrictEqual(
        await store.due(now, 2, after),
        due.slice(due.indexOf(middle) + 1).slice(0, 2),
      );
    }
    assert.equal(await store.nextDueAt(), model.nextDueAt());
    assert.equal(await store.nextDueAt(now), model.nextDueAt(now));
  };
}

function purgeStep(request: { commandsBefore: number; archivedBefore: number }): Step {
  return async (store, model) => {
    const whole = { ...request, limit: 1_000 };
    assert.deepEqual(await store.purge(whole), model.purge(whole));
  };
}

async function compareAll(store: OrderStore, model: ModelStore): Promise<void> {
  assert.deepStrictEqual(await store.load(model.orders), model.orders);
  assert.deepStrictEqual(await store.findCommands(model.commands), model.commands);
  const events = (await wholeFeed(store, 7)).map((entry) => entry.event);
  assert.deepStrictEqual(sorted(events), sorted(model.entries.map((entry) => entry.event)));
  for (const { tenantId: tenant, orderId: order, number } of model.orders) {
    if (number !== null) assert.equal(await store.findByNumber(tenant, number), order);
  }
  await dueStep(20)(store, model);
}

function sorted(values: readonly unknown[]): readonly string[] {
  return values.map((value) => JSON.stringify(value)).sort();
}
