import fc from 'fast-check';
import { isOrderchartError, type OrderEngine } from 'orderchart';
import { describe, expect, it } from 'vitest';
import { all, annotate, contentsOf, place, testEngine } from './kit.ts';

/** Whatever a caller could pass by mistake or on purpose. */
const odd: fc.Arbitrary<unknown> = fc.oneof(
  fc.anything({
    withBigInt: true,
    withBoxedValues: true,
    withDate: true,
    withMap: true,
    withSet: true,
    withNullPrototype: true,
    withObjectString: true,
    withSparseArray: true,
    withTypedArray: true,
  }),
  fc.jsonValue(),
  fc.constantFrom<unknown>(
    '',
    ' ',
    'a\0b',
    '\ud800',
    '__proto__',
    'constructor',
    'x'.repeat(100_000),
    -0,
    Number.NaN,
    2 ** 53,
    -1,
    0.5,
    Symbol('x'),
    () => 1,
    JSON.parse('{"__proto__":{"tenantId":"other"}}'),
    JSON.parse('['.repeat(10_000) + ']'.repeat(10_000)),
    Object.create({ tenantId: 'inherited' }),
    new Proxy(
      {},
      {
        get: () => {
          throw new Error('no');
        },
      },
    ),
    new Proxy(
      {},
      {
        ownKeys: () => {
          throw new Error('no');
        },
      },
    ),
    {
      get tenantId() {
        throw new Error('no');
      },
    },
  ),
);

/** A command of the right outline with something odd in it. */
const oddCommand = fc
  .tuple(
    fc.constantFrom(
      { ...place('order-1') },
      { ...place('order-2') },
      { ...annotate('order-1', 'x') },
      { type: 'order.hold', orderId: 'order-1', reason: 'x' },
      { type: 'payment.capture', orderId: 'order-1', paymentId: 'p', amount: 1, currency: 'EUR' },
    ),
    fc.constantFrom('orderId', 'number', 'lines', 'currency', 'amount', 'reason', 'extra', 'total'),
    odd,
  )
  .map(([command, field, value]) => ({ ...command, [field]: value }));

const methods: Record<string, (engine: OrderEngine, ...args: never[]) => unknown> = {
  execute: (engine, ...args) => engine.execute(...(args as unknown as [never])),
  get: (engine, ...args) => engine.get(...(args as unknown as [never])),
  getByNumber: (engine, ...args) => engine.getByNumber(...(args as unknown as [never])),
  history: (engine, ...args) => all(engine.history(...(args as unknown as [never]))),
  list: (engine, ...args) => engine.list(...(args as unknown as [never])),
  explain: (engine, ...args) => engine.explain(...(args as unknown as [never, never])),
  subscribe: (engine, ...args) => engine.subscribe(...(args as unknown as [never])),
  purge: (engine, ...args) => engine.purge(...(args as unknown as [never])),
  parked: (engine, ...args) => engine.subscriptions.parked(...(args as unknown as [never])),
  retry: (engine, ...args) => engine.subscriptions.retry(...(args as unknown as [never])),
  skip: (engine, ...args) => engine.subscriptions.skip(...(args as unknown as [never, never])),
  on: async (engine, ...args) => engine.on(...(args as unknown as [never, never])),
};

/** Calls a method; whatever comes of it must be an answer or a typed error. */
async function typed(call: () => unknown): Promise<unknown> {
  try {
    return await call();
  } catch (error) {
    if (!isOrderchartError(error)) throw error;
    expect(['domainDefect', 'storeDefect', 'chartDefect', 'storeUnavailable']).not.toContain(
      error.code,
    );
    // An error must not carry a whole hostile value into the logs.
    expect(error.message.length).toBeLessThan(2000);
    expect(error.message.isWellFormed()).toBe(true);
    return error;
  }
}

describe('whatever is passed in', () => {
  it.each(Object.keys(methods))(
    '%s answers with a typed error or an answer, and writes nothing',
    async (name) => {
      const { engine, store } = await testEngine();
      await engine.execute(place('order-1'), { idempotencyKey: 'first' });
      const before = await contentsOf(store);
      await fc.assert(
        fc.asyncProperty(fc.array(odd, { maxLength: 3 }), async (args) => {
          await typed(() => methods[name]?.(engine, ...(args as never[])));
        }),
        { numRuns: 200 },
      );
      await engine.idle();
      expect(await contentsOf(store)).toEqual(before);
    },
  );

  it('a command that is almost right is refused, or does what it says', async () => {
    const { engine, store } = await testEngine({ timers: false });
    await engine.execute(place('order-1'));
    await fc.assert(
      fc.asyncProperty(oddCommand, async (command) => {
        const before = await contentsOf(store);
        const outcome = await typed(() => engine.execute(command as never));
        const accepted = (outcome as { status?: string }).status === 'accepted';
        if (!accepted) expect(await contentsOf(store)).toEqual(before);
      }),
      { numRuns: 300 },
    );
  });

  it('an odd context is refused before anything happens', async () => {
    const { engine, store } = await testEngine();
    const before = await contentsOf(store);
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(
          'tenantId',
          'idempotencyKey',
          'scope',
          'expectedVersion',
          'actor',
          'correlationId',
          'causationId',
          'trace',
          'signal',
          'surplus',
        ),
        odd.filter((value) => value !== undefined && !isFine(value)),
        async (field, value) => {
          const call = () => engine.execute(place('order-1'), { [field]: value } as never);
          expect(await typed(call)).toMatchObject({ code: 'invalidArgument' });
        },
      ),
      { numRuns: 300 },
    );
    expect(await contentsOf(store)).toEqual(before);
  });

  it('metadata comes back as it went in, or is refused', async () => {
    const { engine } = await testEngine();
    let count = 0;
    await fc.assert(
      fc.asyncProperty(fc.dictionary(fc.string(), fc.jsonValue()), async (metadata) => {
        count += 1;
        const outcome = await typed(() =>
          engine.execute(place(`order-${count}`, { metadata }) as never),
        );
        if ((outcome as { status?: string }).status !== 'accepted') return;
        expect((await engine.get(`order-${count}`))?.metadata).toEqual(metadata);
      }),
      { numRuns: 200 },
    );
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });
});

describe('a client that counts for itself', () => {
  it.each([
    ['a total that does not add up', { total: 1 }],
    ['a status', { status: { lifecycle: 'completed' } }],
    ['paid amounts', { payments: [{ captured: 2000 }] }],
    ['a negative price', { lines: [{ id: 'a', quantity: 1, unitPrice: -1 }] }],
    [
      'a discount above the price',
      { lines: [{ id: 'a', quantity: 1, unitPrice: 1, discount: 2 }] },
    ],
    ['an overflow', { lines: [{ id: 'a', quantity: 1e9, unitPrice: Number.MAX_SAFE_INTEGER }] }],
    ['no lines', { lines: [] }],
    [
      'two lines of one name',
      { lines: ['a', 'a'].map((id) => ({ id, quantity: 1, unitPrice: 1 })) },
    ],
    ['a made-up version', { version: 7 }],
  ])('is refused: %s', async (_, fields) => {
    const { engine, store } = await testEngine();
    const outcome = await typed(() => engine.execute({ ...place('order-1'), ...fields } as never));
    expect((outcome as { status?: string }).status).not.toBe('accepted');
    expect(await store.feedEnd(0)).toBe(0);
  });
});

/** A few odd values are fine in some field of the context. */
function isFine(value: unknown): boolean {
  if (typeof value === 'number')
    return Number.isSafeInteger(value) && value >= 0 && !Object.is(value, -0);
  if (typeof value === 'string') return value.length > 0 && value.length <= 256;
  return typeof value === 'object' && value !== null && 'kind' in value;
}
