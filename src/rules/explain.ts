import { requestTypes } from '../order/commands/commands.ts';
import { decide } from './decide.ts';
import { notPermitted } from './rejections.ts';
import type { Rulebook } from './rulebook.ts';
import type {
  CommandExplanation,
  DecisionEnvironment,
  OrderState,
  ParsedCommand,
} from './types.ts';

/** Explains one command in full, or every request as far as the chart alone can tell. */
export function explain(
  book: Rulebook,
  state: OrderState,
  environment: DecisionEnvironment,
  command?: ParsedCommand,
): readonly CommandExplanation[] {
  if (command !== undefined) return [explainInFull(book, state, command, environment)];
  const hosts = book.extensions.flatMap(({ requests }) => Object.keys(requests));
  return [...requestTypes, ...hosts]
    .filter((type) => type !== 'order.place')
    .map((type) => explainByChart(book, state, type, environment));
}

function explainByChart(
  book: Rulebook,
  state: OrderState,
  type: string,
  { now }: DecisionEnvironment,
): CommandExplanation {
  const { status, order } = state;
  const explanation = book.chart.chart.explain(status, { type, ...{ at: now } }, order);
  const trail = explanation.selection;
  if (explanation.step.enabled) return { type, legal: true, trail };
  return { type, legal: false, rejection: notPermitted({ type }, explanation, state), trail };
}

function explainInFull(
  book: Rulebook,
  state: OrderState,
  command: ParsedCommand,
  environment: DecisionEnvironment,
): CommandExplanation {
  const { trail } = explainByChart(book, state, command.type, environment);
  const decision = decide(book, state, command, environment);
  const { type } = command;
  if (decision.status === 'accepted') return { type, legal: true, trail };
  return { type, legal: false, rejection: decision.rejection, trail };
}
