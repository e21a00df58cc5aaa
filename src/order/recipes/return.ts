import type { Draft } from 'immer';
import type { LineUnits, Order, Return } from '../order.ts';
import type { RecipesOf } from './recipe.ts';
import { addToLine, raiseUnits } from './shipment.ts';

function returnFor(order: Draft<Order>, id: string): Draft<Return> {
  const known = order.returns.find((candidate) => candidate.id === id);
  if (known !== undefined) return known;
  order.returns.push({
    id,
    decision: 'open',
    requested: [],
    inTransit: [],
    received: [],
    accepted: [],
    rejected: [],
  });
  return order.returns[order.returns.length - 1] as Draft<Return>;
}

/** Requested and not yet received, over all returns that were not declined. */
function deriveRequested(order: Draft<Order>): void {
  for (const line of order.lines) {
    let open = 0;
    for (const entry of order.returns) {
      if (entry.decision === 'declined') continue;
      open += Math.max(0, unitsIn(entry.requested, line.id) - unitsIn(entry.received, line.id));
    }
    if (line.returnRequested !== open) line.returnRequested = open;
  }
}

function unitsIn(lines: readonly LineUnits[], lineId: string): number {
  return lines.find((line) => line.lineId === lineId)?.units ?? 0;
}

function decide(decision: 'approved' | 'declined') {
  return (order: Draft<Order>, { returnId }: { readonly returnId: string }): void => {
    returnFor(order, returnId).decision = decision;
    deriveRequested(order);
  };
}

export const returnRecipes: RecipesOf<'return'> = {
  'return.requested': (order, { returnId, lines }) => {
    raiseUnits(returnFor(order, returnId).requested, lines);
    deriveRequested(order);
  },
  'return.approved': decide('approved'),
  'return.declined': decide('declined'),
  'return.in_transit': (order, { returnId, lines }) => {
    raiseUnits(returnFor(order, returnId).inTransit, lines);
  },
  'return.received': (order, { returnId, lines }) => {
    const raised = raiseUnits(returnFor(order, returnId).received, lines);
    for (const { lineId, units } of raised) addToLine(order, lineId, 'returned', units);
    deriveRequested(order);
  },
  'return.inspected': (order, { returnId, accepted, rejected }) => {
    const entry = returnFor(order, returnId);
    raiseUnits(entry.accepted, accepted);
    raiseUnits(entry.rejected, rejected);
  },
};
