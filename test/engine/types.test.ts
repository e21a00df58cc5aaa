import {
  createInProcessTransport,
  createOrderEngine,
  defineExtension,
  type OrderEngine,
} from 'orderchart';
import { expect, expectTypeOf, it } from 'vitest';
import { z } from 'zod';
import { place, testEngine } from './kit.ts';

// The compiler is the test here: `npm run typecheck` fails when a line compiles
// that is marked as an error. The tests only keep the lines in a function that is never called.

const gift = defineExtension({
  name: 'gift',
  data: { wrapped: false as boolean },
  events: { 'gift.wrapped': z.strictObject({ paper: z.string() }) },
  recipes: {
    'gift.wrapped': (data) => {
      data.wrapped = true;
    },
  },
  requests: { 'gift.wrap': z.strictObject({ paper: z.string() }) },
  decide: { 'gift.wrap': ({ paper }) => [{ type: 'gift.wrapped', data: { paper } }] },
  regions: {
    gift: {
      initial: 'plain',
      states: { plain: { on: { 'gift.wrap': {}, 'fact.gift.wrapped': 'wrapped' } }, wrapped: {} },
    },
  },
});

async function coreTypes(engine: OrderEngine): Promise<void> {
  engine.on('payment.captured', (event) => {
    expectTypeOf(event.type).toEqualTypeOf<'payment.captured'>();
    expectTypeOf(event.data.amount).toEqualTypeOf<number>();
    // @ts-expect-error no such figure in this event
    event.data.units;
  });
  engine.on('shipment.*', (event) => {
    expectTypeOf(event.type).toEqualTypeOf<
      | 'shipment.dispatched'
      | 'shipment.voided'
      | 'shipment.delivered'
      | 'shipment.lost'
      | 'shipment.returned_to_sender'
    >();
  });
  engine.on('*', (event) => {
    if (event.type === 'order.held') expectTypeOf(event.data.reason).toEqualTypeOf<string>();
  });
  // @ts-expect-error no such event
  engine.on('payment.capture', () => {});
  // @ts-expect-error no such family
  engine.on('payments.*', () => {});

  await engine.execute({ type: 'order.hold', orderId: 'a', reason: 'fraud' });
  // @ts-expect-error no such command
  await engine.execute({ type: 'order.explode', orderId: 'a' });
  // @ts-expect-error the reason is missing
  await engine.execute({ type: 'order.hold', orderId: 'a' });
  // @ts-expect-error an amount is a number
  await engine.execute({ ...payment, amount: '1' });
  // @ts-expect-error the extension is not there
  await engine.execute({ type: 'gift.wrap', orderId: 'a', paper: 'red' });
  // @ts-expect-error no such option
  await engine.execute(place('a'), { idempotentKey: 'x' });

  const result = await engine.execute(place('a'));
  if (result.status === 'accepted') {
    expectTypeOf(result.version).toEqualTypeOf<number>();
    // @ts-expect-error an accepted command has no rejection
    result.rejection;
  }

  await engine.subscribe({
    name: 'a',
    from: 'beginning',
    types: ['payment.refund_requested', 'payment.void_requested'],
    handler: (event) => {
      expectTypeOf(event.data.operationId).toEqualTypeOf<string>();
      return { type: 'order.hold', orderId: event.orderId, reason: 'refund' };
    },
  });
  await engine.subscribe({
    name: 'a',
    from: 'beginning',
    // @ts-expect-error no such event
    types: ['payment.capture'],
    handler: () => {},
  });
  await engine.subscribe({
    name: 'a',
    from: 'beginning',
    // @ts-expect-error a returned command is a command
    handler: () => ({ type: 'order.explode' }),
  });
  // @ts-expect-error where it begins has no default
  await engine.subscribe({ name: 'a', handler: () => {} });
  for await (const event of engine.history('a')) {
    if (event.type === 'order.placed') expectTypeOf(event.data.total).toEqualTypeOf<number>();
  }
  // @ts-expect-error no such option
  await createOrderEngine({ cacheSizes: 1 });
}

async function messageTypes(engine: OrderEngine): Promise<void> {
  const transport = createInProcessTransport();
  await engine.startPublishing({
    name: 'a',
    from: 'beginning',
    transport,
    types: ['payment.captured', 'order.*'],
  });
  const misspelled = ['payment.capture'] as const;
  // @ts-expect-error no such event
  await engine.startPublishing({ name: 'a', from: 'beginning', transport, types: misspelled });
  // @ts-expect-error where it begins has no default
  await engine.startPublishing({ name: 'a', transport });
  // @ts-expect-error it has no handler of the host's
  await engine.startPublishing({ name: 'a', from: 'beginning', transport, handler: () => {} });
  const options = { name: 'a', transport, deadLetter: transport } as const;
  await engine.startReceiving({ ...options, map: () => undefined });
  await engine.startReceiving({ ...options, map: async () => [place('a'), place('b')] });
  await engine.startReceiving({ ...options, map: () => ({ commands: place('a'), tenantId: 't' }) });
  // @ts-expect-error no such command
  await engine.startReceiving({ ...options, map: () => ({ type: 'order.explode', orderId: 'a' }) });
  // @ts-expect-error no such command among those that something is said about
  await engine.startReceiving({ ...options, map: () => ({ commands: { type: 'order.explode' } }) });
  // @ts-expect-error what cannot be understood must go somewhere
  await engine.startReceiving({ name: 'a', transport, map: () => undefined });
  // @ts-expect-error the extension is not there
  await engine.startReceiving({ ...options, map: () => wrap });
}

const wrap = { type: 'gift.wrap', orderId: 'a', paper: 'red' } as const;

const payment = {
  type: 'payment.capture',
  orderId: 'a',
  paymentId: 'p',
  currency: 'EUR',
} as const;

async function extendedTypes(): Promise<void> {
  const engine = await createOrderEngine({ extensions: [gift] });
  await engine.execute({ type: 'gift.wrap', orderId: 'a', paper: 'red' });
  await engine.execute({ type: 'order.hold', orderId: 'a', reason: 'fraud' });
  // @ts-expect-error the paper is a text
  await engine.execute({ type: 'gift.wrap', orderId: 'a', paper: 7 });
  engine.on('gift.wrapped', (event) => {
    expectTypeOf(event.data).toEqualTypeOf<{ paper: string }>();
  });
  engine.on('gift.*', (event) => {
    expectTypeOf(event.type).toEqualTypeOf<'gift.wrapped'>();
  });
  engine.on('payment.captured', (event) => {
    expectTypeOf(event.data.amount).toEqualTypeOf<number>();
  });
  // @ts-expect-error no such event
  engine.on('gift.opened', () => {});
  const transport = createInProcessTransport();
  await engine.startPublishing({
    name: 'a',
    from: 'beginning',
    transport,
    types: ['gift.wrapped', 'payment.*'],
  });
  await engine.startReceiving({ name: 'a', transport, deadLetter: () => {}, map: () => [wrap] });
}

it('knows the events and commands of the core and of extensions', async () => {
  expect([coreTypes, messageTypes, extendedTypes]).toHaveLength(3);
  const { engine } = await testEngine();
  expect(() => engine.on('payment.captured', () => {})).not.toThrow();
});

it('runs what an extension adds', async () => {
  await using engine = await createOrderEngine({ extensions: [gift] });
  const heard: string[] = [];
  engine.on('gift.*', ({ data }) => heard.push(data.paper));
  await engine.execute(place('order-1'));
  expect(
    await engine.execute({ type: 'gift.wrap', orderId: 'order-1', paper: 'red' }),
  ).toMatchObject({ status: 'accepted', orderStatus: { gift: 'wrapped' } });
  expect(heard).toEqual(['red']);
  expect((await engine.list({ status: { gift: 'wrapped' } })).orders).toHaveLength(1);
});
