import type { Draft } from 'immer';
import type { LineUnits, Order, Return } from '../order.ts';
import { differences, keptBy, raisedBy, raisedTo } from '../units-so-far.ts';
import type { Units } from '../values.ts';
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
  const changed = change(known ?? newReturn(id));
  if (changed === known) return;
  if (known === undefined) order.returns.push(changed as Draft<Return>);
  else order.returns[at] = changed as Draft<Return>;
  deriveRequested(order, before, known, changed);
  const kept = known === undefined ? [] : keptBy(known);
  addToLines(order, before, 'returned', differences(kept, keptBy(changed)));
}

/** Units of a return requested and not yet received; none if it was declined or closed. */
function openOf(entry: Return | undefined): ReadonlyMap<string, Units> {
  const open = new Map<string, Units>();
  if (entry === undefined || entry.decision === 'declined' || entry.isClosed) return open;
  for (const { lineId, units } of entry.requested) open.set(lineId, units);
  for (const { lineId, units } of entry.received) {
    const requested = open.get(lineId);
    if (requested !== undefined) open.set(lineId, Math.max(0, requested - units));
  }
  return open;
}

/**
 * The `returnRequested` of a line is the sum over all returns, so a changed return moves it by its
 * own difference.
 */
function deriveRequested(
  order: Draft<Order>,
  before: Order,
  known: Return | undefined,
  changed: Return,
): void {
  const [open, wasOpen] = [openOf(changed), openOf(known)];
  before.lines.forEach(({ id }, at) => {
    const difference = (open.get(id) ?? 0) - (wasOpen.get(id) ?? 0);
    const line = difference === 0 ? undefined : order.lines[at];
    if (line !== undefined) line.returnRequested += difference;
  });
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
