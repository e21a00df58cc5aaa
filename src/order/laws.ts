import { chargedFor, figuresOf, isConfirmPolicyMet, remainingOf } from './figures.ts';
import type { Charge, Line, Order, Payment } from './order.ts';
import type { OrderStatus } from './values.ts';

/** The numbers a law was measured by. */
export type LawFigures = Readonly<Record<string, number>>;

/** A law that an order's ledgers do not keep. */
export interface BrokenLaw {
  readonly law: LedgerLawId;
  /** What breaks it: `order`, `line:<id>`, `charge:<id>` or `payment:<id>`. */
  readonly subject: string;
  readonly figures: LawFigures;
}

/** Measures one subject: the figures when the law is broken, `undefined` when it is kept. */
type Measure<Subject> = (subject: Subject) => LawFigures | undefined;

const lineLaws = {
  /** All counts are zero or more; cancelled + shipped <= ordered. */
  Q1: ({ ordered, cancelled, shipped }) =>
    cancelled + shipped > ordered ? { ordered, cancelled, shipped } : undefined,
  /** delivered + lost + returnedToSender <= shipped. */
  Q2: ({ shipped, delivered, lost, returnedToSender }) =>
    delivered + lost + returnedToSender > shipped
      ? { shipped, delivered, lost, returnedToSender }
      : undefined,
  /** returnRequested + returned <= shipped - lost. */
  Q3: ({ shipped, lost, returnRequested, returned }) =>
    returnRequested + returned > Math.max(0, shipped - lost)
      ? { shipped, lost, returnRequested, returned }
      : undefined,
} satisfies Record<string, Measure<Line>>;

const componentLaws = {
  /** What was cancelled and refunded of a component is at most what was charged for it. */
  M6: (component) => {
    const charged = chargedFor(component);
    const credited =
      component.creditedAmount + ('cancelledAmount' in component ? component.cancelledAmount : 0);
    return credited > charged ? { charged, credited } : undefined;
  },
} satisfies Record<string, Measure<Line | Charge>>;

const paymentLaws = {
  /** captured + capturePending <= authorized. */
  M1: ({ authorized, captured, capturePending }) =>
    captured + capturePending > authorized ? { authorized, captured, capturePending } : undefined,
  /** authorized = captured + released + remaining, and remaining is zero or more. */
  M2: (payment) => {
    const remaining = remainingOf(payment);
    const { authorized, captured, released } = payment;
    return remaining < 0 ? { authorized, captured, released, remaining } : undefined;
  },
  /** refunded + refundPending <= captured, and no more came back than was refunded. */
  M3: ({ captured, refunded, refundPending }) =>
    refunded + refundPending > captured || refunded < 0
      ? { captured, refunded, refundPending }
      : undefined,
} satisfies Record<string, Measure<Payment>>;

const orderLaws = {
  /** Units are handed over only when the confirm policy is met. */
  F1: (order) => {
    const { shipped, authorized, captured, confirmTotal } = figuresOf(order);
    if (shipped === 0 || isConfirmPolicyMet(order)) return undefined;
    return { shipped, authorized, captured, confirmTotal };
  },
} satisfies Record<string, Measure<Order>>;

/** The laws of the ledgers: a request that would break one is refused, a report is flagged. */
export type LedgerLawId =
  | keyof typeof lineLaws
  | keyof typeof componentLaws
  | keyof typeof paymentLaws
  | keyof typeof orderLaws;

type Table<Subject> = Readonly<Record<string, Measure<Subject>>>;

/** Every ledger law the order breaks at present, whoever knows of it. */
export function brokenLaws(order: Order): readonly BrokenLaw[] {
  const broken: BrokenLaw[] = [];
  const measure = <Subject>(table: Table<Subject>, subject: Subject, name: string, id: string) => {
    for (const law in table) {
      const figures = table[law]?.(subject);
      // The subject's name is only built when there is something to say: this runs on every fact.
      if (figures) broken.push({ law: law as LedgerLawId, subject: `${name}${id}`, figures });
    }
  };
  for (const line of order.lines) {
    measure(lineLaws, line, 'line:', line.id);
    measure(componentLaws, line, 'line:', line.id);
  }
  for (const charge of order.charges) measure(componentLaws, charge, 'charge:', charge.id);
  for (const payment of order.payments) measure(paymentLaws, payment, 'payment:', payment.id);
  measure(orderLaws, order, 'order', '');
  return broken;
}

export function isSameBreach(one: BrokenLaw, other: BrokenLaw): boolean {
  return (
    one.law === other.law &&
    one.subject === other.subject &&
    hasSameFigures(one.figures, other.figures)
  );
}

function hasSameFigures(one: LawFigures, other: LawFigures): boolean {
  const names = Object.keys(one);
  return (
    names.length === Object.keys(other).length && names.every((name) => one[name] === other[name])
  );
}

/** Broken laws that nobody has accepted with these very figures. */
export function unacceptedBreaches(order: Order): readonly BrokenLaw[] {
  const broken = brokenLaws(order);
  const { accepted } = order.discrepancies;
  if (broken.length === 0 || accepted.length === 0) return broken;
  return broken.filter(
    (breach) =>
      !accepted.some(
        (entry) =>
          entry.law === breach.law &&
          entry.subject === breach.subject &&
          hasSameFigures(entry.figures, breach.figures),
      ),
  );
}

/** Laws that hold after every commit; a broken one is a defect of orderchart or of its store. */
const invariants: Readonly<Record<string, (order: Order, status: OrderStatus) => boolean>> = {
  /** The order's total is the sum of its components. */
  M5: (order) => {
    let sum = 0;
    for (const line of order.lines) sum += chargedFor(line);
    for (const charge of order.charges) sum += chargedFor(charge);
    return sum === order.total;
  },
  /** Amounts and counts are safe integers. */
  M8: (order) => Object.values(figuresOf(order)).every((figure) => Number.isSafeInteger(figure)),
  /** Over before it was sold, if and only if nothing is left to ship, to return or to release. */
  L4: (order, { lifecycle }) =>
    lifecycle === 'archived' ||
    (lifecycle === 'cancelled' || lifecycle === 'expired') === isUndone(order),
  /** Completed only when nothing is left to do. */
  L5: (order, { lifecycle }) => lifecycle !== 'completed' || isFulfilled(order),
  /** Every ledger law that is broken is an open discrepancy, and the other way round. */
  flagged: (order) => {
    const breaches = unacceptedBreaches(order);
    const { open } = order.discrepancies;
    return (
      breaches.length === open.length &&
      breaches.every(({ law, subject }) =>
        open.some((entry) => entry.law === law && entry.subject === subject),
      )
    );
  },
};

/** The invariants that an order and its status break: always empty, or something is defective. */
export function brokenInvariants(
  order: Order,
  status: OrderStatus,
): readonly { readonly law: string; readonly subject: string }[] {
  const broken: { readonly law: string; readonly subject: string }[] = [];
  for (const law in invariants) {
    if (!invariants[law]?.(order, status)) broken.push({ law, subject: 'order' });
  }
  return broken;
}

/** Law L4: every unit is cancelled, and no payment has anything left to void or to refund. */
export function isUndone(order: Order): boolean {
  const { ordered, cancelled } = figuresOf(order);
  return cancelled === ordered && order.payments.every(isEven);
}

/**
 * Nothing authorized, and as much refunded as captured. Payment by payment: in a sum, what one
 * payment lacks would hide what another still holds.
 */
export function isEven(payment: Payment): boolean {
  return remainingOf(payment) === 0 && payment.captured === payment.refunded;
}

/** Law L5: every unit is accounted for, the balance is settled or on terms, nothing is disputed. */
export function isFulfilled(order: Order): boolean {
  const figures = figuresOf(order);
  const handedOver = figures.delivered + figures.lost + figures.returnedToSender;
  return (
    figures.cancelled < figures.ordered &&
    figures.cancelled + handedOver >= figures.ordered &&
    figures.unsettled === 0 &&
    figures.returnRequested === 0 &&
    figures.refundPending === 0 &&
    isInspected(order) &&
    (figures.balance === 0 || (order.policy.confirmWhen === 'terms' && figures.balance > 0)) &&
    order.discrepancies.open.length === 0 &&
    // A breach is flagged only after the fact that made it: completing meanwhile would be a lie.
    unacceptedBreaches(order).length === 0
  );
}

/** Whether every unit that came back has been judged. */
export function isInspected(order: Order): boolean {
  return order.returns.every(
    ({ received, accepted, rejected }) => sum(received) <= sum(accepted) + sum(rejected),
  );
}

function sum(lines: readonly { readonly units: number }[]): number {
  let total = 0;
  for (const { units } of lines) total += units;
  return total;
}
