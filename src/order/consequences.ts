import { cancelUnits, openUnits } from './decide/order.ts';
import { type CoreFact, fact } from './events/events.ts';
import { unacceptedBreaches } from './laws.ts';
import type { OpenDiscrepancy, Order } from './order.ts';
import type { OrderStatus } from './values.ts';

/**
 * What follows from the order by rule and needs figures: facts like any other, applied in turn
 * until nothing follows. A pure function of the order as it stands, so it commutes (law L3).
 */
export function consequencesOf(
  order: Order,
  status: OrderStatus,
  newId: () => string,
): readonly CoreFact[] {
  if (status['lifecycle'] === 'expired') {
    const open = openUnits(order);
    if (open.length > 0) return [cancelUnits(order, open, 'expiry')];
  }
  return [...converged(order), ...detected(order, newId)];
}

/** Ledger laws that are broken now and have no open discrepancy. */
function detected(order: Order, newId: () => string): readonly CoreFact[] {
  const { open } = order.discrepancies;
  return unacceptedBreaches(order)
    .filter((breach) => !open.some((known) => isAbout(known, breach)))
    .map(({ law, subject, figures }) =>
      fact('discrepancy.detected', {
        discrepancyId: newId(),
        law,
        subject,
        figures: { ...figures },
      }),
    );
}

/** Open discrepancies whose law is kept again. */
function converged(order: Order): readonly CoreFact[] {
  const { open } = order.discrepancies;
  if (open.length === 0) return [];
  const breaches = unacceptedBreaches(order);
  return open
    .filter((known) => !breaches.some((breach) => isAbout(known, breach)))
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

function isAbout(
  known: OpenDiscrepancy,
  breach: { readonly law: string; readonly subject: string },
): boolean {
  return known.law === breach.law && known.subject === breach.subject;
}
