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

/** Lets an extension decide. Returns facts that match the extension's schemas, or a refusal. */
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
  // An async function returns a promise; its unhandled rejection would end the process.
  Promise.resolve(answer).catch(() => {});
  return new OrderchartError(
    'invalidExtension',
    `Extension "${owner.name}": decide["${type}"] must be synchronous, and return a list of facts ` +
      'or a refusal.',
    { details: { extension: owner.name, type } },
  );
}

/**
 * Returns a fact as a store will return it: plain JSON that matches its schema. Checks the copy as
 * well, because a schema may transform what it reads (text into a number or a date), and the result
 * would come back from a store as something else.
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
    `Extension "${name}": decide["${type}"] returned a fact ${fact.type} that the extension's ` +
      'events do not define, that does not match its schema, or that is not JSON.',
    { cause, details: { extension: name, type: fact.type } },
  );
}

/** Refuses extension data that JSON cannot represent: a store would return something different. */
export function checkHostData(type: string, before: Order, after: Order): void {
  if (before.extensions === after.extensions) return;
  for (const [name, data] of Object.entries(after.extensions)) {
    if (data === before.extensions[name]) continue;
    plainJson(
      data,
      (cause) =>
        new OrderchartError(
          'invalidExtension',
          `Extension "${name}": the recipe of ${type} wrote data that JSON cannot represent.`,
          { cause, details: { extension: name, type } },
        ),
    );
  }
}

/** No limits here: size.ts limits the whole order, and a large order is no extension's defect. */
const ofAnySize = { ...commandLimits, nodes: Infinity, characters: Infinity };

function plainJson(value: unknown, refusal: (cause: unknown) => OrderchartError): JsonObject {
  try {
    return copyJson(value, ofAnySize) as JsonObject;
  } catch (cause) {
    throw refusal(cause);
  }
}
