import type { ChartStep } from '../../chart/index.ts';
import { OrderchartError } from '../../errors.ts';
import { consequencesOf } from '../../order/consequences.ts';
import type { Fact } from '../../order/events/events.ts';
import { brokenInvariants, brokenLaws, isSameBreach } from '../../order/laws.ts';
import type { Order } from '../../order/order.ts';
import { applyFact } from '../../order/recipes/apply.ts';
import type { Deadline, JsonObject, OrderStatus } from '../../order/values.ts';
import { lawBroken } from './rejections.ts';
import type { Rulebook } from './rulebook.ts';
import type { DecidedEvent, Decision, DecisionEnvironment, OrderState } from './types.ts';

/** A command's facts are applied in turn, and what they cause; this many would be a defect. */
const maximumFacts = 10_000;

/** A fact in the queue. */
interface Pending extends Fact<string, object> {
  /** Told by a report: recorded only if it tells something new (law L2). */
  readonly maybeKnown?: boolean;
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
  for (const type of step?.emitted ?? []) queue.push({ type, data: {} });
  drain(book, progress, queue, environment);
  // 3 a request may not break a law
  if (origin === 'request') {
    const breach = newBreach(state?.order, settled(progress, environment).order);
    if (breach !== undefined) return { status: 'rejected', rejection: lawBroken(breach) };
  }
  // 4 consequences, in turn, until nothing follows
  follow(book, progress, environment);
  return conclude(book, progress, state, environment);
}

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
  const data = fact.data as JsonObject;
  const { type } = fact;
  const at = { type, data, tenantId, orderId, occurredAt, recordedAt: now };
  const order = applyFact(progress.order, at, book.recipes);
  if (order === progress.order && fact.maybeKnown) return [];
  const { chart } = book.chart;
  if (progress.order === undefined) take(book, progress, chart.initial(order), order, environment);
  progress.order = order;
  const event = { type: `fact.${type}`, at: now };
  const step = chart.step(progress.status ?? {}, event, order);
  take(book, progress, step, order, environment);
  const status = progress.status ?? {};
  progress.events.push({ type, schemaVersion: 1, data, status, occurredAt });
  return step.emitted.map((emitted) => ({ type: emitted, data: {} }));
}

/** Takes over what a step did: the status, and the deadlines it dropped and set. */
function take(
  book: Rulebook,
  progress: Progress,
  step: ChartStep,
  order: Order,
  environment: DecisionEnvironment,
): void {
  progress.status = step.value as OrderStatus;
  if (step.timersDropped.length === 0 && step.timersSet.length === 0) return;
  const kept = progress.deadlines.filter(({ name }) => !step.timersDropped.includes(name));
  const set = step.timersSet.map(({ name, delay }) => ({
    name,
    dueAt: environment.now + book.chart.delayMs(delay, order),
  }));
  progress.deadlines = [...kept, ...set].sort((one, other) => one.dueAt - other.dueAt);
}

function settled(
  { order, status }: Progress,
  environment: DecisionEnvironment,
): { readonly order: Order; readonly status: OrderStatus } {
  if (order !== undefined && status !== undefined) return { order, status };
  throw new OrderchartError('domainDefect', `Order ${environment.orderId} was not placed.`, {
    details: { orderId: environment.orderId },
  });
}

function newBreach(before: Order | undefined, after: Order) {
  const breaches = brokenLaws(after);
  if (breaches.length === 0) return undefined;
  const known = before === undefined ? [] : brokenLaws(before);
  return breaches.find((breach) => !known.some((entry) => isSameBreach(entry, breach)));
}

function conclude(
  book: Rulebook,
  progress: Progress,
  before: OrderState | undefined,
  environment: DecisionEnvironment,
): Decision {
  const { order, status } = settled(progress, environment);
  const { deadlines, events } = progress;
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
