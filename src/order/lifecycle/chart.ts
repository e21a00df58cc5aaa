import { createMachine } from 'xstate';
import { type Chart, learnChart } from '../../chart/index.ts';
import { OrderchartError } from '../../errors.ts';
import type { ErasedDefinition } from '../extension.ts';
import type { Order } from '../order.ts';
import type { JsonObject } from '../values.ts';
import { orderDelays } from './delays.ts';
import { type LifecycleEvent, orderGuards } from './guards.ts';
import { orderMachineConfig } from './machine.ts';

/** What XState hands a guard. */
interface GuardArguments {
  readonly context: Order;
  readonly event: LifecycleEvent;
}

/** The chart of one engine: the core's, narrowed and widened by regions of its extensions. */
export interface OrderChart {
  readonly chart: Chart<Order>;
  /** How long a delay is for an order, in milliseconds. */
  delayMs(delay: string, order: Order): number;
}

/** Builds and learns the chart; refuses extensions that clash with it or would widen it. */
export function compileOrderChart(
  extensions: readonly ErasedDefinition[],
  maximumEntries: number,
): OrderChart {
  const config: object = orderMachineConfig;
  const guards: Record<string, (given: GuardArguments) => boolean> = {};
  for (const [name, guard] of Object.entries(orderGuards)) {
    guards[name] = ({ context, event }) => guard(context, event);
  }
  const delays: Record<string, (order: Order) => number> = { ...orderDelays };
  for (const extension of extensions) {
    addGuards(guards, extension);
    addDelays(delays, extension);
  }
  const machine = createMachine(config as Parameters<typeof createMachine>[0], {
    guards: guards as never,
    delays: Object.fromEntries(Object.keys(delays).map((name) => [name, 1])),
  });
  const chart = learnChart<Order>(machine, { maximumEntries });
  return { chart, delayMs: (delay, order) => delayOf(delays, delay, order) };
}

function addGuards(
  guards: Record<string, (given: GuardArguments) => boolean>,
  extension: ErasedDefinition,
): void {
  for (const [name, guard] of Object.entries(extension.guards)) {
    guards[name] = ({ context, event }) => guard(context, dataOf(context, extension), event.at);
  }
}

function addDelays(
  delays: Record<string, (order: Order) => number>,
  extension: ErasedDefinition,
): void {
  for (const [name, delay] of Object.entries(extension.delays)) {
    delays[name] = (order) => delay(order, dataOf(order, extension));
  }
}

/** An order placed before the extension was added has none of its data yet. */
export function dataOf(order: Order, extension: ErasedDefinition): JsonObject {
  return order.extensions[extension.name] ?? extension.data;
}

function delayOf(
  delays: Readonly<Record<string, (order: Order) => number>>,
  name: string,
  order: Order,
): number {
  const delay = delays[name];
  const milliseconds = delay === undefined ? Number(name) : delay(order);
  if (Number.isSafeInteger(milliseconds) && milliseconds >= 0) return milliseconds;
  throw new OrderchartError(
    'invalidExtension',
    `The delay "${name}" gave ${milliseconds} for an order: it must be whole milliseconds, zero or more.`,
    { details: { delay: name } },
  );
}
