import { type Draft, Immer } from 'immer';
import { OrderchartError } from '../../errors.ts';
import { type EventData, type EventType, isEventType } from '../events/events.ts';
import { deepFreeze } from '../freeze.ts';
import type { Order } from '../order.ts';
import type { JsonObject } from '../values.ts';
import { amendmentRecipes } from './amendment.ts';
import { discrepancyRecipes } from './discrepancy.ts';
import { disputeRecipes } from './dispute.ts';
import { exchangeRecipes } from './exchange.ts';
import { fulfillmentRecipes } from './fulfillment.ts';
import { orderRecipes, placeOrder } from './order.ts';
import { paymentRecipes } from './payment.ts';
import type { Moment, Recipe } from './recipe.ts';
import { returnRecipes } from './return.ts';
import { shipmentRecipes } from './shipment.ts';

/** A separate instance, because immer's global settings belong to the host. */
const immer = new Immer({ autoFreeze: true });

const recipes: { readonly [Type in EventType]: Recipe<Type> } = {
  ...orderRecipes,
  ...amendmentRecipes,
  ...paymentRecipes,
  ...disputeRecipes,
  ...shipmentRecipes,
  ...fulfillmentRecipes,
  ...returnRecipes,
  ...exchangeRecipes,
  ...discrepancyRecipes,
};

/** A host's recipe: applies one of its events to its own data and to nothing else. */
export type ExtensionRecipe = (data: Draft<JsonObject>, event: JsonObject, moment: Moment) => void;

/** Finds the extension that owns an event type. */
export type ExtensionRecipes = ReadonlyMap<
  string,
  {
    readonly extension: string;
    /** Its data for an order that was placed before the extension was added. */
    readonly first: JsonObject;
    readonly recipe: ExtensionRecipe;
  }
>;

/** A fact to apply to an order: a new one, or one from its history. */
export interface FactAt extends Moment {
  readonly type: string;
  readonly tenantId: string;
  readonly orderId: string;
  readonly data: JsonObject;
}

/**
 * Returns the order after a fact: the same object (`===`) if the fact changes nothing, by which a
 * repeated report is recognized. An order is the fold of its events by this function (law L6).
 */
export function applyFact(
  order: Order | undefined,
  fact: FactAt,
  extensionRecipes: ExtensionRecipes,
): Order {
  if (order === undefined) return place(fact);
  if (isEventType(fact.type)) {
    const recipe = recipes[fact.type] as Recipe<EventType>;
    return immer.produce(order, (draft) => {
      recipe(draft, fact.data as EventData<EventType>, fact, order);
    });
  }
  return applyExtensionFact(order, fact, extensionRecipes);
}

function place(fact: FactAt): Order {
  if (fact.type !== 'order.placed') {
    throw new OrderchartError(
      'domainDefect',
      `The history of order ${fact.orderId} begins with ${fact.type} instead of order.placed.`,
      { details: { orderId: fact.orderId, type: fact.type } },
    );
  }
  const order = placeOrder(fact.data as EventData<'order.placed'>, fact, fact);
  return deepFreeze(order);
}

function applyExtensionFact(order: Order, fact: FactAt, owners: ExtensionRecipes): Order {
  const owner = owners.get(fact.type);
  if (owner === undefined) {
    throw new OrderchartError(
      'chartIncompatible',
      `Order ${fact.orderId} has an event ${fact.type} that no extension of this engine knows: ` +
        'add the extension that records it.',
      { details: { orderId: fact.orderId, type: fact.type } },
    );
  }
  const before = order.extensions[owner.extension] ?? owner.first;
  const after = immer.produce(before, (draft) => owner.recipe(draft, fact.data, fact));
  if (after === before) return order;
  return immer.produce(order, (draft) => {
    draft.extensions[owner.extension] = after as Draft<JsonObject>;
  });
}
