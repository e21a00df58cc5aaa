import { type CommandOf, isReportType } from '../order/commands/commands.ts';
import { isDerivedDeadline } from '../order/deadlines.ts';
import { factsOfDeadline } from '../order/decide/deadlines.ts';
import type { DecideContext, Decider } from '../order/decide/decider.ts';
import { deciders } from '../order/decide/deciders.ts';
import { decidePlace } from '../order/decide/place.ts';
import { settle } from '../order/decide/settle.ts';
import type { Fact } from '../order/events/events.ts';
import type { ErasedDefinition } from '../order/extension.ts';
import type { Order } from '../order/order.ts';
import { Refusal } from '../order/refusal.ts';
import { moneyToReturn } from '../order/settlement.ts';
import type { Deadline } from '../order/values.ts';
import { type Application, applyFacts } from './apply.ts';
import { factsOfHost } from './host-facts.ts';
import { notPermitted, orderExists, orderNotFound, refusedBy } from './rejections.ts';
import { withoutFutureTime } from './report-time.ts';
import type { Rulebook } from './rulebook.ts';
import type {
  Decision,
  DecisionEnvironment,
  OrderState,
  ParsedCommand,
  Rejection,
} from './types.ts';

type Facts = readonly Fact<string, object>[];

/** Steps 4 to 6 of a command's way: permit, decide, apply. Pure and synchronous. */
export function decide(
  book: Rulebook,
  state: OrderState | undefined,
  command: ParsedCommand,
  environment: DecisionEnvironment,
): Decision {
  if (command.type === 'order.place') {
    return state === undefined ? place(book, command, environment) : rejected(orderExists);
  }
  if (state === undefined) return rejected(orderNotFound);
  const owner = book.owners.get(command.type);
  const isReport = isReportType(command.type) || owner?.reports[command.type] !== undefined;
  // 4 permit: the chart decides about requests, but a report tells what has already happened
  const step = isReport ? undefined : ask(book, state, command, environment);
  if (step !== undefined && !step.enabled) {
    return rejected(whyNot(book, state, command, environment));
  }
  // 5 decide
  const told = isReport ? withoutFutureTime(command, environment.now) : command;
  const facts = factsOf(told, state.order, owner, environment);
  if (facts instanceof Refusal) return rejected(refusedBy(facts));
  // 6 apply
  const settles = cancelsUnits.has(command.type) && { afterwards: settling(environment) };
  const origin = isReport ? 'report' : 'request';
  const { type } = command;
  return applyFacts(book, { state, step, facts, origin, type, ...settles }, environment);
}

/** Requests that take units off the order: what was paid for them goes back in the same commit. */
const cancelsUnits: ReadonlySet<string> = new Set([
  'order.cancel',
  'order.amend',
  'amendment.approve',
]);

/** Fires a due deadline. The chart, or the document it belongs to, determines what it does. */
export function fire(
  book: Rulebook,
  state: OrderState,
  deadline: Deadline,
  environment: DecisionEnvironment,
): Decision {
  const { name, dueAt } = deadline;
  const isSet = state.deadlines.some((known) => known.name === name && known.dueAt === dueAt);
  if (!isSet) return { status: 'accepted', state, events: [], changed: false };
  const rest = { ...state, deadlines: state.deadlines.filter((known) => known.name !== name) };
  const decision = applyFacts(book, firing(book, rest, deadline, environment), environment);
  // The deadline is used up and must be removed from the store, even when nothing else changes.
  return decision.status === 'accepted' ? { ...decision, changed: true } : decision;
}

/** A deadline derived from the order leads to facts; one of the chart is a chart step. */
function firing(
  book: Rulebook,
  state: OrderState,
  deadline: Deadline,
  environment: DecisionEnvironment,
): Application {
  const origin = 'timer';
  const { order, status } = state;
  if (isDerivedDeadline(deadline)) {
    const facts = factsOfDeadline(deadline, { ...environment, order });
    return { state, step: undefined, facts, origin };
  }
  const step = book.chart.chart.fire(status, deadline.name, order, { at: environment.now });
  return { state, step, facts: [], origin };
}

function settling(environment: DecisionEnvironment) {
  return (order: Order): Facts => settle(moneyToReturn(order), { ...environment, order });
}

function place(book: Rulebook, command: ParsedCommand, environment: DecisionEnvironment): Decision {
  const defaults = { policy: book.policy, extensions: book.firstData };
  const facts = decidePlace(command as CommandOf<'order.place'>, defaults);
  if (facts instanceof Refusal) return rejected(refusedBy(facts));
  return applyFacts(
    book,
    { state: undefined, step: undefined, facts, origin: 'request', type: command.type },
    environment,
  );
}

function rejected(rejection: Rejection): Decision {
  return { status: 'rejected', rejection };
}

/** Asks the chart. The guards see the command and the time. */
function ask(
  book: Rulebook,
  { status, order }: OrderState,
  command: ParsedCommand,
  { now }: DecisionEnvironment,
) {
  return book.chart.chart.step(status, { type: command.type, ...{ at: now, command } }, order);
}

/** Asks the chart again for its reasons, which a permitted command does not have to collect. */
function whyNot(
  book: Rulebook,
  state: OrderState,
  command: ParsedCommand,
  { now }: DecisionEnvironment,
): Rejection {
  const event = { type: command.type, at: now, command };
  return notPermitted(command, book.chart.chart.explain(state.status, event, state.order), state);
}

function factsOf(
  command: ParsedCommand,
  order: Order,
  owner: ErasedDefinition | undefined,
  environment: DecisionEnvironment,
): Facts | Refusal {
  if (owner !== undefined) return factsOfHost(command, order, owner, environment);
  const decider = deciders[command.type as keyof typeof deciders] as Decider<ParsedCommand>;
  const { now, newId } = environment;
  const context: DecideContext = { order, now, newId };
  return decider(command, context);
}
