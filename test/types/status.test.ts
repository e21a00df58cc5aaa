import {
  createOrderEngine,
  defineExtension,
  type OrderEngine,
  type OrderStatus,
  type StateName,
} from 'orderchart';
import { expect, expectTypeOf, it } from 'vitest';
import { orderMachineConfig } from '../../src/order/lifecycle/machine.ts';

// The compiler is the test of the types; programs that must not compile are in `wrong`.

type Lifecycle =
  | 'pending'
  | 'confirmed'
  | 'completed'
  | 'cancelling'
  | 'cancelled'
  | 'expired'
  | 'archived';

const tower = defineExtension({
  name: 'tower',
  data: {},
  events: {},
  recipes: {},
  decide: {},
  regions: {
    flat: { initial: 'low', states: { low: {}, high: {} } },
    nested: {
      initial: 'closed',
      states: { closed: {}, open: { initial: 'ajar', states: { ajar: {}, wide: {} } } },
    },
    sides: {
      type: 'parallel',
      states: {
        left: { initial: 'on', states: { on: {}, off: {} } },
        right: { initial: 'on', states: { on: {}, off: {} } },
      },
    },
  },
});
const flag = defineExtension({
  name: 'flag',
  data: {},
  events: {},
  recipes: {},
  decide: {},
  regions: { flag: { initial: 'down', states: { down: {}, up: {} } } },
});

async function coreStatus(engine: OrderEngine): Promise<void> {
  expectTypeOf<OrderStatus['lifecycle']>().toEqualTypeOf<Lifecycle>();
  expectTypeOf<OrderStatus['hold']>().toEqualTypeOf<'clear' | 'held'>();
  expectTypeOf<keyof OrderStatus>().toEqualTypeOf<
    | 'lifecycle'
    | 'hold'
    | 'payment'
    | 'refund'
    | 'fulfillment'
    | 'returns'
    | 'amendment'
    | 'dispute'
  >();
  expectTypeOf<Extract<StateName, `hold.${string}`>>().toEqualTypeOf<'hold.clear' | 'hold.held'>();
  const order = await engine.get('a');
  if (order !== undefined) expectTypeOf(order.status).toEqualTypeOf<OrderStatus>();
  const { orders } = await engine.list({ status: { payment: 'paid', lifecycle: 'confirmed' } });
  for (const { status } of orders) expectTypeOf(status).toEqualTypeOf<OrderStatus>();
  engine.on('payment.*', ({ status }) => expectTypeOf(status).toEqualTypeOf<OrderStatus>());
  const result = await engine.execute({ type: 'order.confirm', orderId: 'a' });
  if (result.status === 'accepted') {
    expectTypeOf(result.orderStatus).toEqualTypeOf<OrderStatus>();
  }
}

async function extendedStatus(): Promise<void> {
  const engine = await createOrderEngine({ extensions: [tower, flag] });
  const order = await engine.get('a');
  if (order === undefined) return;
  const { status } = order;
  expectTypeOf(status.lifecycle).toEqualTypeOf<Lifecycle>();
  expectTypeOf(status.flat).toEqualTypeOf<'low' | 'high'>();
  expectTypeOf(status.flag).toEqualTypeOf<'down' | 'up'>();
  expectTypeOf(status.nested).toEqualTypeOf<'closed' | { readonly open: 'ajar' | 'wide' }>();
  expectTypeOf(status.sides).toEqualTypeOf<{
    readonly left: 'on' | 'off';
    readonly right: 'on' | 'off';
  }>();
  await engine.list({ status: { nested: 'open' } });
  await engine.list({ status: { nested: 'open.wide', sides: 'left.off', flag: 'up' } });
  // @ts-expect-error no such state within the state
  await engine.list({ status: { nested: 'open.shut' } });
  engine.on('order.placed', ({ status: { flag: state } }) => {
    expectTypeOf(state).toEqualTypeOf<'down' | 'up'>();
  });
  // An engine that knows more serves whoever asks for less.
  const core: Pick<OrderEngine, 'get'> = engine;
  await core.get('a');
}

it('the types are those of the chart', async () => {
  // Kept, and never called.
  expect([coreStatus, extendedStatus]).toHaveLength(2);
  const { states } = orderMachineConfig;
  const names = Object.keys(states.lifecycle.states);
  expect(names).toEqual([
    ...['pending', 'confirmed', 'completed', 'cancelling', 'cancelled', 'expired', 'archived'],
  ]);
  const engine = await createOrderEngine();
  await engine.execute({
    type: 'order.place',
    orderId: 'a',
    currency: 'EUR',
    lines: [{ id: 'line-1', quantity: 1, unitPrice: 1 }],
  });
  const status = (await engine.get('a'))?.status;
  expect(Object.keys(status ?? {}).toSorted()).toEqual(Object.keys(states).toSorted());
  await engine.close();
});
