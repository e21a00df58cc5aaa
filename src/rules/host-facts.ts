import { OrderchartError } from '../errors.ts';
import { commandLimits, copyJson } from '../json/copy.ts';
import type { Fact } from '../order/events/events.ts';
import { type ErasedDefinition, refuseForHost } from '../order/extension.ts';
import { dataOf } from '../order/lifecycle/chart.ts';
import type { Order } from '../order/order.ts';
import { Refusal } from '../order/refusal.ts';
import type { JsonObject } from '../order/values.ts';
import type { DecisionEnvironment, ParsedCommand } from './types.ts';

type Facts = readonly Fact<string, object>[];

/** What an extension decides: facts as its own schemas describe them, or a refusal. */
export function factsOfHost(
  command: ParsedCommand,
  order: Order,
  owner: ErasedDefinition,
  { now, newId }: DecisionEnvironment,
): Facts | Refusal {
  const context = { order, data: dataOf(order, owner), now, newId, refuse: refuseForHost };
  const facts = owner.decide[command.type]?.(command as JsonObject, context) ?? [];
  if (facts instanceof Refusal) return facts;
  if (!Array.isArray(facts)) throw notFacts(facts, owner, command.type);
  return facts.map((fact) => checkedFact(fact, owner, command.type));
}

function notFacts(answer: unknown, owner: ErasedDefinition, type: string): OrderchartError {
  // A promise's own failure would otherwise end the process.
  Promise.resolve(answer).catch(() => {});
  return new OrderchartError(
    'invalidExtension',
    `Extension "${owner.name}": the decision of ${type} gave no list of facts: it is synchronous.`,
    { details: { extension: owner.name, type } },
  );
}

/**
 * A fact as it will be read again: plain JSON that its schema takes. What a schema made of it on
 * the way (a date, a number of a text) would come back from a store as something else.
 */
function checkedFact(fact: Fact<string, object>, owner: ErasedDefinition, type: string) {
  const schema = owner.events[fact.type];
  const result = schema?.safeParse(fact.data);
  if (!result?.success) throw notDescribed(fact, owner, type, result?.error);
  const data = plainJson(result.data, (cause) => notDescribed(fact, owner, type, cause));
  const again = schema?.safeParse(data);
  if (!again?.success) throw notDescribed(fact, owner, type, again?.error);
  return { ...fact, data };
}

function notDescribed(
  fact: Fact<string, object>,
  { name }: ErasedDefinition,
  type: string,
  cause: unknown,
): OrderchartError {
  return new OrderchartError(
    'invalidExtension',
    `Extension "${name}": the decision of ${type} gave a fact ${fact.type} that its own ` +
      'schemas do not describe, or that is not JSON.',
    { cause, details: { extension: name, type: fact.type } },
  );
}

/** Refuses what a recipe of an extension wrote and JSON cannot say: it would come back otherwise. */
export function checkHostData(type: string, before: Order, after: Order): void {
  if (before.extensions === after.extensions) return;
  for (const [name, data] of Object.entries(after.extensions)) {
    if (data === before.extensions[name]) continue;
    plainJson(
      data,
      (cause) =>
        new OrderchartError(
          'invalidExtension',
          `Extension "${name}": the recipe of ${type} wrote what JSON cannot say.`,
          { cause, details: { extension: name, type } },
        ),
    );
  }
}

/** How large an order may become is asked of the whole order, and is no defect of an extension. */
const ofAnySize = { ...commandLimits, nodes: Infinity, characters: Infinity };

function plainJson(value: unknown, refusal: (cause: unknown) => OrderchartError): JsonObject {
  try {
    return copyJson(value, ofAnySize) as JsonObject;
  } catch (cause) {
    throw refusal(cause);
  }
}
