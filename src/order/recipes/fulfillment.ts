import type { RecipesOf } from './recipe.ts';
import { grantedShipment, reach } from './shipment.ts';

export const fulfillmentRecipes: RecipesOf<'fulfillment'> = {
  'fulfillment.requested': (order, { fulfillmentId, lines }) => {
    order.fulfillments.push({ id: fulfillmentId, lines: lines.map((line) => ({ ...line })) });
  },
  // A grant needs no shipping: record it as a shipment dispatched and delivered in one step.
  'fulfillment.granted': (order, { objectId, lines, dated }, moment, before) => {
    const shipmentId = grantedShipment(objectId);
    const grant = { shipmentId, lines, carrier: null, tracking: null, dated };
    reach('dispatched', 'delivered')(order, grant, moment, before);
  },
};
