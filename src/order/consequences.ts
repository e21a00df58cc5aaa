import { cancelUnits, openUnits } from './decide/order.ts';
import { type CoreFact, fact } from './events/events.ts';
import { nameOfBreach, unacceptedBreaches } from './laws.ts';
import type { OrderStatus } from './lifecycle/status.ts';
import type { Order } from './order.ts';

/**
 * Returns the facts that follow from the order and contain figures, which the chart cannot emit.
 * They are applied like any other facts, until nothing follows. They depend only on the order as it
 * is now, so reports commute (law L3).
 */
export function consequencesOf(
  order: Order,
  status: OrderStatus,
  newId: () => string,
): readonly CoreFact[] {
  if (status.lifecycle === 'expired') {
    const open = openUnits(order);
    if (open.length > 0) return [cancelUnits(order, open, 'expiry')];
  }
  return [...converged(order), ...detected(order, newId)];
}

/** Ledger laws that are broken now and have no open discrepancy. */
function detected(order: Order, newId: () => string): readonly CoreFact[] {
  const breaches = unacceptedBreaches(order);
  if (breaches.length === 0) return [];
  const known = new Set(order.discrepancies.open.map(nameOfBreach));
  return breaches
    .filter((breach) => !known.has(nameOfBreach(breach)))
    .map(({ law, subject, figures }) =>
      fact('discrepancy.detected', {
        discrepancyId: newId(),
        law,
        subject,
        figures: { ...figures },
      }),
    );
}

/** Open discrepancies whose law holds again. */
function converged(order: Order): readonly CoreFact[] {
  const { open } = order.discrepancies;
  if (open.length === 0) return [];
  const broken = new Set(unacceptedBreaches(order).map(nameOfBreach));
  return open
    .filter((known) => !broken.has(nameOfBreach(known)))
    .map(({ id, law, subject }) =>
      fact('discrepancy.resolved', {
        discrepancyId: id,
        law,
        subject,
        cause: 'converged',
        note: null,
        figures: {},
      }),
    );
}
