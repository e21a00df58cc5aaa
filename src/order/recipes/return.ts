import type { Draft } from 'immer';
import type { LineUnits, Order, Return } from '../order.ts';
import { differences, keptBy, less, raisedBy, raisedTo } from '../units-so-far.ts';
import type { RecipesOf } from './recipe.ts';
import { addToLines } from './shipment.ts';

function newReturn(id: string): Return {
  return {
    id,
    decision: 'open',
    approvedAt: null,
    isClosed: false,
    requested: [],
    inTransit: [],
    received: [],
    accepted: [],
    rejected: [],
  };
}

/** Replaces a return as a whole; does not touch the order if nothing about the return changes. */
function changeReturn(
  order: Draft<Order>,
  before: Order,
  id: string,
  change: (entry: Return) => Return,
): void {
  const at = before.returns.findIndex((entry) => entry.id === id);
  const known = before.returns[at];
  const first = known ?? newReturn(id);
  const changed = change(first);
  if (changed === known) return;
  if (known === undefined) order.returns.push(changed as Draft<Return>);
  else order.returns[at] = changed as Draft<Return>;
  // A line counts over all its returns, so a changed return adds its own difference.
  addToLines(order, before, 'returnRequested', differences(openOf(first), openOf(changed)));
  addToLines(order, before, 'returned', differences(keptBy(first), keptBy(changed)));
}

/** Units of a return requested and not yet received; none if it was declined or closed. */
function openOf({ requested, received, decision, isClosed }: Return): readonly LineUnits[] {
  return less(requested, decision === 'declined' || isClosed ? requested : received);
}

type Stage = 'requested' | 'inTransit' | 'received' | 'accepted' | 'rejected' | 'sentBack';

function raise(entry: Return, stage: Stage, told: readonly LineUnits[]): Return {
  const known = entry[stage] ?? [];
  const isNew = raisedBy(known, told).length > 0;
  return isNew ? { ...entry, [stage]: raisedTo(known, told) } : entry;
}

export const returnRecipes: RecipesOf<'return'> = {
  'return.requested': (order, { returnId, lines }, _, before) =>
    changeReturn(order, before, returnId, (entry) => raise(entry, 'requested', lines)),
  'return.approved': (order, { returnId }, { recordedAt: approvedAt }, before) =>
    changeReturn(order, before, returnId, (entry) => ({
      ...entry,
      decision: 'approved',
      approvedAt,
    })),
  'return.declined': (order, { returnId }, _, before) =>
    changeReturn(order, before, returnId, (entry) => ({ ...entry, decision: 'declined' })),
  'return.closed': (order, { returnId }, _, before) =>
    changeReturn(order, before, returnId, (entry) => ({ ...entry, isClosed: true })),
  'return.in_transit': (order, { returnId, lines }, _, before) =>
    changeReturn(order, before, returnId, (entry) => raise(entry, 'inTransit', lines)),
  'return.received': (order, { returnId, lines }, _, before) =>
    changeReturn(order, before, returnId, (entry) => raise(entry, 'received', lines)),
  'return.sent_back': (order, { returnId, lines }, _, before) =>
    changeReturn(order, before, returnId, (entry) => raise(entry, 'sentBack', lines)),
  'return.inspected': (order, { returnId, accepted, rejected }, _, before) =>
    changeReturn(order, before, returnId, (entry) =>
      raise(raise(entry, 'accepted', accepted), 'rejected', rejected),
    ),
};
