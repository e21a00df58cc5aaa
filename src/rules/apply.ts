import type { ChartStep } from '../chart/index.ts';
import { OrderchartError } from '../errors.ts';
import { consequencesOf } from '../order/consequences.ts';
import { derivedDeadlines, isDerivedDeadline } from '../order/deadlines.ts';
import { emittedData } from '../order/events/emitted.ts';
import type { Fact } from '../order/events/events.ts';
import { brokenInvariants, hasSafeAmounts } from '../order/invariants.ts';
import { worsened } from '../order/laws.ts';
import type { OrderStatus } from '../order/lifecycle/status.ts';
import type { Order } from '../order/order.ts';
import { applyFact } from '../order/recipes/apply.ts';
import type { Deadline, JsonObject } from '../order/values.ts';
import { checkHostData } from './host-facts.ts';
import { amountsTooLarge, lawBroken } from './rejections.ts';
import type { Rulebook } from './rulebook.ts';
import { tooLarge } from './size.ts';
import type {
  DecidedEvent,
  Decision,
  DecisionEnvironment,
  OrderState,
  Rejection,
} from './types.ts';

/** A command's facts are applied in turn, and what they cause; this many would be a defect. */
const maximumFacts = 10_000;

/** A fact in the queue. */
interface Pending extends Fact<string, object> {
  /** Told by a report: recorded only if it tells something new (law L2). */
  readonly maybeKnown?: boolean;
  /** Emitted by the chart, which has no data: they are the order's own, at its turn. */
  readonly isEmitted?: boolean;
}

/** What is under way while one command is applied. Lives for one synchronous call. */
interface Progress {
  order: Order | undefined;
  status: OrderStatus | undefined;
  deadlines: readonly Deadline[];
  readonly events: DecidedEvent[];
}

/** The facts to apply, and how. */
export interface Application {
  /** The order before; absent when the first fact places it. */
  readonly state: OrderState | undefined;
  /** What the command itself did to the chart; its emitted events follow the facts. */
  readonly step: ChartStep | undefined;
  readonly facts: readonly Fact<string, object>[];
  /** Facts that are only known once the first ones are in the order. */
  readonly afterwards?: (order: Order) => readonly Fact<string, object>[];
  /** A request is refused when it breaks a law; a report or a timer is flagged. */
  readonly origin: 'request' | 'report' | 'timer';
  /** The command's type; a timer has none, and is never refused. */
  readonly type?: string;
}

/**
 * Applies facts: for each the recipe, then the chart, then what they emit and cause, until
 * nothing follows. Pure; the state it was given stays as it is.
 */
export function applyFacts(
  book: Rulebook,
  application: Application,
  environment: DecisionEnvironment,
): Decision {
  const { state, step, origin } = application;
  const progress: Progress = {
    order: state?.order,
    status: state?.status,
    deadlines: state?.deadlines ?? [],
    events: [],
  };
  // 1 what the command itself does to the chart
  if (step !== undefined && progress.order) take(book, progress, step, progress.order, environment);
  // 2 the decided facts, then what needs them applied, then what the chart emitted
  const queue: Pending[] =
    origin === 'report' ? application.facts.map(maybeKnown) : [...application.facts];
  drain(book, progress, queue, environment);
  if (application.afterwards && progress.order)
    queue.push(...application.afterwards(progress.order));
  queue.push(...(step?.emitted ?? []).map(emittedFact));
  drain(book, progress, queue, environment);
  // 3 a request may not break a law, nor break it more
  if (origin === 'request') {
    const breach = worsened(state?.order, settled(progress, environment).order);
    if (breach !== undefined) return { status: 'rejected', rejection: lawBroken(breach) };
  }
  // 4 nobody, not even a report, may make an order whose figures would be rounded
  if (!hasSafeAmounts(settled(progress, environment).order)) return amountsTooLarge;
  // 5 consequences, in turn, until nothing follows
  follow(book, progress, environment);
  // 6 nor one that is too large to be kept
  const rejection = sizeRefusal(application, settled(progress, environment).order);
  if (rejection !== undefined) return { status: 'rejected', rejection };
  return conclude(book, progress, state, environment);
}

/** A timer is never refused: it has nobody to answer, and asks for little. */
function sizeRefusal({ state, origin, type }: Application, after: Order): Rejection | undefined {
  if (type === undefined || after === state?.order) return undefined;
  return tooLarge(state?.order, after, { type, isReport: origin === 'report' });
}

const emittedFact = (type: string): Pending => ({ type, data: {}, isEmitted: true });

const maybeKnown = (fact: Fact<string, object>): Pending => ({ ...fact, maybeKnown: true });

function follow(book: Rulebook, progress: Progress, environment: DecisionEnvironment): void {
  for (;;) {
    const { order, status } = settled(progress, environment);
    const queue: Pending[] = [...consequencesOf(order, status, environment.newId)];
    if (queue.length === 0) return;
    drain(book, progress, queue, environment);
  }
}

function drain(
  book: Rulebook,
  progress: Progress,
  queue: Pending[],
  environment: DecisionEnvironment,
): void {
  for (let at = 0; at < queue.length; at += 1) {
    const fact = queue[at];
    if (fact === undefined) break;
    if (progress.events.length >= maximumFacts) throw unsettled(environment);
    queue.push(...applyOne(book, progress, fact, environment));
  }
  queue.length = 0;
}

/** Applies one fact and answers the events that the chart emitted because of it. */
function applyOne(
  book: Rulebook,
  progress: Progress,
  fact: Pending,
  environment: DecisionEnvironment,
): readonly Pending[] {
  const { now, tenantId, orderId } = environment;
  const occurredAt = fact.occurredAt ?? now;
  const { type } = fact;
  const data = (
    fact.isEmitted && progress.order ? emittedData(type, progress.order) : fact.data
  ) as JsonObject;
  const at = { type, data, tenantId, orderId, occurredAt, recordedAt: now };
  const order = applyFact(progress.order, at, book.recipes);
  if (order === progress.order && fact.maybeKnown) return [];
  if (progress.order !== undefined) checkHostData(type, progress.order, order);
  const { chart } = book.chart;
  if (progress.order === undefined) take(book, progress, chart.initial(order), order, environment);
  progress.order = order;
  const event = { type: `fact.${type}`, at: now };
  const before = progress.status;
  if (before === undefined) throw unplaced(environment);
  const step = chart.step(before, event, order);
  const status = take(book, progress, step, order, environment);
  progress.events.push({ type, schemaVersion: 1, data, status, occurredAt });
  return step.emitted.map(emittedFact);
}

/** Takes over what a step did: the status, and the deadlines it dropped and set. */
function take(
  book: Rulebook,
  progress: Progress,
  step: ChartStep,
  order: Order,
  environment: DecisionEnvironment,
): OrderStatus {
  // What the chart says is a status: its regions and states are those of the types.
  const status = step.value as OrderStatus;
  progress.status = status;
  if (step.timersDropped.length === 0 && step.timersSet.length === 0) return status;
  const kept = progress.deadlines.filter(({ name }) => !step.timersDropped.includes(name));
  const set = step.timersSet.map(({ name, delay }) => ({
    name,
    dueAt: environment.now + book.chart.delayMs(delay, order),
  }));
  progress.deadlines = inTurn([...kept, ...set]);
  return status;
}

function inTurn(deadlines: readonly Deadline[]): readonly Deadline[] {
  return deadlines.toSorted((one, other) => one.dueAt - other.dueAt);
}

/** The chart's deadlines, and those that follow from the order as it is now. */
function withDerived({ order, deadlines }: Progress, before: Order | undefined) {
  if (order === undefined || order === before) return deadlines;
  const ofChart = deadlines.filter((deadline) => !isDerivedDeadline(deadline));
  const derived = derivedDeadlines(order);
  if (derived.length === 0 && ofChart.length === deadlines.length) return deadlines;
  return inTurn([...ofChart, ...derived]);
}

function settled(
  { order, status }: Progress,
  environment: DecisionEnvironment,
): { readonly order: Order; readonly status: OrderStatus } {
  if (order !== undefined && status !== undefined) return { order, status };
  throw unplaced(environment);
}

function unplaced({ orderId }: DecisionEnvironment): OrderchartError {
  return new OrderchartError('domainDefect', `Order ${orderId} was not placed.`, {
    details: { orderId },
  });
}

function conclude(
  book: Rulebook,
  progress: Progress,
  before: OrderState | undefined,
  environment: DecisionEnvironment,
): Decision {
  const { order, status } = settled(progress, environment);
  const { events } = progress;
  const deadlines = withDerived(progress, before?.order);
  const changed = events.length > 0 || deadlines !== before?.deadlines;
  if (changed) checkInvariants(order, status);
  if (events.length === 0 && before !== undefined && hasMoved(book, before.status, status)) {
    silent(environment);
  }
  return { status: 'accepted', state: { order, status, deadlines }, events, changed };
}

/** The chart's own values are one object per value; a status that was loaded is a copy of it. */
function hasMoved({ chart }: Rulebook, before: OrderStatus, after: OrderStatus): boolean {
  return before !== after && chart.chart.resolve(before) !== after;
}

function checkInvariants(order: Order, status: OrderStatus): void {
  const broken = brokenInvariants(order, status);
  if (broken.length === 0) return;
  const laws = broken.map(({ law }) => law);
  throw new OrderchartError(
    'domainDefect',
    `Defect: order ${order.id} would break ${laws.join(', ')}; nothing was written.`,
    { details: { orderId: order.id, laws } },
  );
}

/** The status of an order is what its events say; a step without an event would be lost. */
function silent({ orderId }: DecisionEnvironment): never {
  throw new OrderchartError(
    'invalidExtension',
    `A command or timer moved the chart of order ${orderId} without an event: emit one on that ` +
      'transition, or return a fact.',
    { details: { orderId } },
  );
}

function unsettled({ orderId }: DecisionEnvironment): OrderchartError {
  return new OrderchartError(
    'domainDefect',
    `Defect: the facts of order ${orderId} cause each other without end; nothing was written.`,
    { details: { orderId } },
  );
}
