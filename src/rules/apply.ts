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

/** Bounds the facts of one command. Only a defect, such as facts that cause each other, hits it. */
const maximumFacts = 10_000;

/** A fact in the queue. */
interface Pending extends Fact<string, object> {
  /** Comes from a report, so it is recorded only if it changes the order (law L2). */
  readonly maybeKnown?: boolean;
  /** Emitted by the chart, which has no data: the order supplies them when the fact is applied. */
  readonly isEmitted?: boolean;
}

/** The order while one command is applied. Lives for one synchronous call. */
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
  /** The chart step that the command itself took; the events it emitted are applied last. */
  readonly step: ChartStep | undefined;
  readonly facts: readonly Fact<string, object>[];
  /** Decides more facts from the order that has the first ones applied. */
  readonly afterwards?: (order: Order) => readonly Fact<string, object>[];
  /** A request that breaks a law is refused; a report or timer that breaks one is flagged. */
  readonly origin: 'request' | 'report' | 'timer';
  /** The command's type; absent for a timer, which is never refused. */
  readonly type?: string;
}

/**
 * Applies facts in order: the recipe of each, then the chart. Applies the facts that these emit or
 * cause as well, until nothing follows. Pure: it does not change the state it is given.
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
  // 1 the chart step of the command itself
  if (step !== undefined && progress.order) take(book, progress, step, progress.order, environment);
  // 2 the decided facts, then those that depend on them, then those that the chart emitted
  const queue: Pending[] =
    origin === 'report' ? application.facts.map(maybeKnown) : [...application.facts];
  drain(book, progress, queue, environment);
  if (application.afterwards && progress.order)
    queue.push(...application.afterwards(progress.order));
  queue.push(...(step?.emitted ?? []).map(emittedFact));
  drain(book, progress, queue, environment);
  // 3 a request must not break a law, or break one further
  if (origin === 'request') {
    const breach = worsened(state?.order, settled(progress, environment).order);
    if (breach !== undefined) return { status: 'rejected', rejection: lawBroken(breach) };
  }
  // 4 nothing, not even a report, may raise amounts past the point where sums are rounded
  if (!hasSafeAmounts(settled(progress, environment).order)) return amountsTooLarge;
  // 5 consequences, and theirs, until nothing follows
  follow(book, progress, environment);
  // 6 refuse an order that has become too large to store
  const rejection = sizeRefusal(application, settled(progress, environment).order);
  if (rejection !== undefined) return { status: 'rejected', rejection };
  return conclude(book, progress, state, environment);
}

/** A timer is never refused: no caller could react to it, and it adds little. */
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

/** Applies one fact. Returns the facts that the chart emitted because of it. */
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

/** Copies the results of a step into `progress`: the status, and the deadlines dropped and set. */
function take(
  book: Rulebook,
  progress: Progress,
  step: ChartStep,
  order: Order,
  environment: DecisionEnvironment,
): OrderStatus {
  // The cast is safe: the chart has the regions and states that `OrderStatus` declares.
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

/** The chart's deadlines, and those derived from the order as it is now. */
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

/** The chart shares one object per value, but a loaded status is a copy: resolve it to compare. */
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

/** Replay takes the status from the events, so it would lose a step that has none. */
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
