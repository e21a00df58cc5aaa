import { createMachine } from 'xstate';
import { type Chart, type ChartDefinition, extendChart, learnChart } from '../../chart/index.ts';
import { OrderchartError } from '../../errors.ts';
import type { ErasedDefinition } from '../extension.ts';
import type { Order } from '../order.ts';
import type { JsonObject } from '../values.ts';
import { orderDelays } from './delays.ts';
import { type LifecycleEvent, orderGuards } from './guards.ts';
import { orderMachineConfig } from './machine.ts';

/** What XState passes to a guard. */
interface GuardArguments {
  readonly context: Order;
  readonly event: LifecycleEvent;
}

/** The chart of one engine: the core's, with the regions and requirements of its extensions. */
export interface OrderChart {
  readonly chart: Chart<Order>;
  /** Returns how long a delay is for an order, in milliseconds. */
  delayMs(delay: string, order: Order): number;
}

type ChartGuard = (given: GuardArguments) => boolean;
type ChartDelay = (order: Order) => number;

/** Every region may handle facts, because handling one makes no request legal. */
const shared = ['fact.*'];

/** Builds and learns the chart; refuses extensions that clash with it or would widen it. */
export function compileOrderChart(
  extensions: readonly ErasedDefinition[],
  maximumEntries: number,
): OrderChart {
  const core: ChartDefinition = {
    config: orderMachineConfig,
    guards: coreGuards(),
    delays: orderDelays,
    shared,
  };
  const { config, guards, delays } = extensions.reduce(extend, core);
  const machine = createMachine(config as Parameters<typeof createMachine>[0], {
    guards: guards as Record<string, never>,
    // The chart needs only the names of its delays; `delayMs` computes each one for an order.
    delays: Object.fromEntries(Object.keys(delays).map((name) => [name, 1])),
  });
  const chart = learnChart<Order>(machine, { maximumEntries });
  const durations = delays as Readonly<Record<string, ChartDelay>>;
  return { chart, delayMs: (delay, order) => delayOf(durations, delay, order) };
}

function coreGuards(): Record<string, ChartGuard> {
  return Object.fromEntries(
    Object.entries(orderGuards).map(([name, guard]) => [
      name,
      ({ context, event }: GuardArguments) => guard(context, event),
    ]),
  );
}

function extend(chart: ChartDefinition, extension: ErasedDefinition): ChartDefinition {
  const { regions, requires, requiresInto } = extension;
  const guards = mapValues(
    extension.guards,
    (guard): ChartGuard =>
      ({ context, event }) =>
        booleanFrom(guard(context, dataOf(context, extension), event.at), extension),
  );
  const delays = mapValues(
    extension.delays,
    (delay): ChartDelay =>
      (order) =>
        delay(order, dataOf(order, extension)),
  );
  return extendChart(chart, { regions, guards, delays, requires, requiresInto });
}

/**
 * Refuses anything but a boolean: a promise would count as true. Swallows the promise's rejection,
 * which nothing else handles and which would end the process.
 */
function booleanFrom(answer: unknown, { name }: ErasedDefinition): boolean {
  if (typeof answer === 'boolean') return answer;
  Promise.resolve(answer).catch(() => {});
  throw new OrderchartError(
    'invalidExtension',
    `A guard of extension "${name}" returned neither true nor false: guards are synchronous.`,
    { details: { extension: name, answered: typeof answer } },
  );
}

function mapValues<Value, Mapped>(
  record: Readonly<Record<string, Value>>,
  map: (value: Value) => Mapped,
): Record<string, Mapped> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, map(value)]));
}

/** An order placed before the extension was added has none of its data yet. */
export function dataOf(order: Order, extension: ErasedDefinition): JsonObject {
  return order.extensions[extension.name] ?? extension.data;
}

function delayOf(delays: Readonly<Record<string, ChartDelay>>, name: string, order: Order): number {
  const delay = delays[name];
  const milliseconds = delay === undefined ? Number(name) : delay(order);
  if (Number.isSafeInteger(milliseconds) && milliseconds >= 0) return milliseconds;
  throw new OrderchartError(
    'invalidExtension',
    `The delay "${name}" returned ${milliseconds} for an order: it must return whole ` +
      'milliseconds, zero or more.',
    { details: { delay: name } },
  );
}
