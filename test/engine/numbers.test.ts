import { expect, it } from 'vitest';
import { createStore, gate, sharedStore, testEngine, until } from './kit.ts';
import { changed } from './partitioned-store.ts';

const place = (orderId: string, fields: object = {}) =>
  ({
    type: 'order.place',
    orderId,
    currency: 'EUR',
    lines: [{ id: 'a', quantity: 1, unitPrice: 100 }],
    ...fields,
  }) as const;

/** SO-1, SO-2... per tenant, answered at once or later. */
function sequence() {
  const last = new Map<string, number>();
  return {
    next: async (tenantId: string) => {
      const number = (last.get(tenantId) ?? 0) + 1;
      last.set(tenantId, number);
      return `SO-${number}`;
    },
  };
}

it("an order without a number gets the generator's, and is found by it", async () => {
  const { engine } = await testEngine({ numbers: sequence() });
  await engine.execute(place('one'));
  await engine.execute(place('two'));
  await engine.execute(place('one'), { tenantId: 'other' });
  expect((await engine.getByNumber('SO-2'))?.id).toBe('two');
  expect((await engine.getByNumber('SO-1', { tenantId: 'other' }))?.id).toBe('one');
});

it('a number of the caller stays, and a taken one is refused', async () => {
  const { engine } = await testEngine({ numbers: { next: () => 'SO-1' } });
  await engine.execute(place('one', { number: 'MINE-1' }));
  expect((await engine.getByNumber('MINE-1'))?.id).toBe('one');
  await engine.execute(place('two'));
  expect(await engine.execute(place('three'))).toMatchObject({
    status: 'rejected',
    rejection: { code: 'numberTaken' },
  });
});

it('a repeated key gives the first number, whatever the generator says now', async () => {
  const { engine } = await testEngine({ numbers: sequence() });
  const context = { idempotencyKey: 'k' };
  const first = await engine.execute(place('one'), context);
  const again = await engine.execute(place('one'), context);
  expect(again).toEqual({ ...first, replayed: true });
  expect((await engine.get('one'))?.number).toBe('SO-1');
});

it('commands of the order wait for its number, those of others do not', async () => {
  const asked = Promise.withResolvers<string>();
  const { engine } = await testEngine({ numbers: { next: () => asked.promise } });
  const placed = engine.execute(place('slow'));
  const held = engine.execute({ type: 'order.hold', orderId: 'slow', reason: 'check' });
  await engine.execute(place('fast', { number: 'F' }));
  asked.resolve('S');
  expect([(await placed).status, (await held).status]).toEqual(['accepted', 'accepted']);
});

it('a generator that fails, or gives nonsense, is told as such, and nothing is written', async () => {
  const failing = await testEngine({
    numbers: {
      next: () => {
        throw new Error('sequence is locked');
      },
    },
  });
  await expect(failing.engine.execute(place('one'))).rejects.toMatchObject({
    code: 'numberUnavailable',
    retryable: true,
  });
  const silly = await testEngine({ numbers: { next: () => ' \0' } });
  await expect(silly.engine.execute(place('one'))).rejects.toMatchObject({
    code: 'numberUnavailable',
  });
  expect(await silly.engine.get('one')).toBeUndefined();
});

it('the refusal of a taken number is recorded at its own time, not at that of another order', async () => {
  const inner = sharedStore(createStore());
  const answer = gate();
  const asked: string[] = [];
  const store = changed(inner, {
    commit: async (commits) => {
      const outcomes = await inner.commit(commits);
      asked.push(...commits.map(({ orderId }) => orderId));
      if (commits.some(({ orderId, record }) => orderId === 'two' && record)) await answer.opened;
      return outcomes;
    },
  });
  const { engine, clock } = await testEngine({ store });
  await engine.execute(place('one', { number: 'SO-1' }));
  const refused = engine.execute(place('two', { number: 'SO-1' }), { idempotencyKey: 'k' });
  await until(() => asked.includes('two'));
  clock.advanceBy(60_000);
  // Decided, and waiting for the batch before it.
  const other = engine.execute(place('three', { number: 'SO-3' }));
  clock.advanceBy(3_600_000);
  answer.open();
  expect(await refused).toMatchObject({ rejection: { code: 'numberTaken' } });
  await other;
  const identity = { tenantId: 'default', scope: 'default', key: 'k' };
  expect(await inner.findCommands([identity])).toMatchObject([{ recordedAt: clock.now() }]);
  expect((await engine.get('three'))?.placedAt).toBe(clock.now() - 3_600_000);
});
