import { disputedOf, hasDispute, reinstatedBeyond } from './disputes.ts';
import { figuresOf, remainingOf } from './figures.ts';
import { chargedFor, hasArrived, missingOf, uncreditedAtSender } from './line-figures.ts';
import type { Charge, Line, Order } from './order.ts';
import type { Payment } from './payment.ts';
import { isConfirmPolicyMet } from './secured.ts';
import { refusedBy } from './units-so-far.ts';

/** The numbers that a law compares. */
export type LawFigures = Readonly<Record<string, number>>;

/** A law that an order's ledgers break. */
export interface BrokenLaw {
  readonly law: LedgerLawId;
  /** What breaks it: `order`, `line:<id>`, `charge:<id>` or `payment:<id>`. */
  readonly subject: string;
  /** By how much, in units or minor units. A request must not increase it. */
  readonly excess: number;
  readonly figures: LawFigures;
}

/** What a measure returns for a broken law. */
type Breach = Pick<BrokenLaw, 'excess' | 'figures'>;

/** Measures one subject: by how much the law is broken, `undefined` when it is kept. */
type Measure<Subject> = (subject: Subject) => Breach | undefined;

/** Builds the figures only for a broken law, because laws are measured after every fact. */
function brokenBy(excess: number, figures: () => LawFigures): Breach | undefined {
  return excess > 0 ? { excess, figures: figures() } : undefined;
}

const lineLaws = {
  /**
   * All counts are zero or more; cancelled + shipped <= ordered. A cancelled unit that was shipped
   * anyway does not count once it has come back, unless it was credited for coming back.
   */
  Q1: (line) => {
    const { ordered, cancelled, shipped } = line;
    const backAgain = Math.max(0, cameBackUncredited(line));
    return brokenBy(cancelled + shipped - ordered - backAgain, () => {
      const { returned, returnedToSender, creditedReturns, creditedMissing } = line;
      const back = { returned, returnedToSender, creditedReturns, creditedMissing };
      return { ordered, cancelled, shipped, ...back };
    });
  },
  /** delivered + lost + returnedToSender - found <= shipped. */
  Q2: (line) => {
    const { shipped, delivered, lost, returnedToSender, found } = line;
    return brokenBy(delivered + missingOf(line) - shipped, () => ({
      shipped,
      delivered,
      lost,
      returnedToSender,
      found,
    }));
  },
  /** returnRequested + returned <= shipped - (lost + returnedToSender - found). */
  Q3: (line) => {
    const { shipped, lost, returnedToSender, found, returnRequested, returned } = line;
    const mayComeBack = Math.max(0, shipped - missingOf(line));
    return brokenBy(returnRequested + returned - mayComeBack, () => ({
      shipped,
      lost,
      returnedToSender,
      found,
      returnRequested,
      returned,
    }));
  },
} satisfies Record<string, Measure<Line>>;

/** Units that came back and were not credited. Of missing units, lost ones are credited first. */
function cameBackUncredited(line: Line): number {
  return Math.max(0, line.returned - line.creditedReturns) + uncreditedAtSender(line);
}

const componentLaws = {
  /** A component is cancelled and credited for at most what was charged for it. */
  M6: (component) => {
    const charged = chargedFor(component);
    const credited =
      component.creditedAmount + ('cancelledAmount' in component ? component.cancelledAmount : 0);
    return brokenBy(credited - charged, () => ({ charged, credited }));
  },
} satisfies Record<string, Measure<Line | Charge>>;

const paymentLaws = {
  /** captured + capturePending <= authorized. */
  M1: ({ authorized, captured, capturePending }) =>
    brokenBy(captured + capturePending - authorized, () => ({
      authorized,
      captured,
      capturePending,
    })),
  /** authorized = captured + released + remaining, and remaining is zero or more. */
  M2: (payment) => {
    const remaining = remainingOf(payment);
    const { authorized, captured, released } = payment;
    return brokenBy(-remaining, () => ({ authorized, captured, released, remaining }));
  },
  /**
   * refunded + refundPending + disputed <= captured; no more came back than was refunded, and no more
   * was reinstated than was withdrawn.
   */
  M3: (payment) => {
    const { captured, refunded, refundPending } = payment;
    const disputed = disputedOf(payment);
    const beyond = Math.max(-refunded, reinstatedBeyond(payment));
    return brokenBy(Math.max(refunded + refundPending + disputed - captured, beyond), () => ({
      captured,
      refunded,
      refundPending,
      ...figuresOfDisputes(payment),
    }));
  },
} satisfies Record<string, Measure<Payment>>;

/** Returns nothing without disputes: accepted breaches are recognized by their figures. */
function figuresOfDisputes(payment: Payment): LawFigures {
  if (payment.disputes === undefined) return {};
  return { disputed: disputedOf(payment), reinstatedBeyond: reinstatedBeyond(payment) };
}

const orderLaws = {
  /** Units are handed over only when the confirm policy is met. */
  F1: (order) => {
    const { shipped, authorized, captured, confirmTotal } = figuresOf(order);
    if (order.confirmedAt !== null || isConfirmPolicyMet(order)) return undefined;
    return brokenBy(shipped, () => ({ shipped, authorized, captured, confirmTotal }));
  },
} satisfies Record<string, Measure<Order>>;

/** The laws of the ledgers: a request that would break one is refused, a report is flagged. */
export type LedgerLawId =
  | keyof typeof lineLaws
  | keyof typeof componentLaws
  | keyof typeof paymentLaws
  | keyof typeof orderLaws;

type Table<Subject> = Readonly<Record<string, Measure<Subject>>>;

/** Orders are immutable, so each one is measured only once. */
const measured = new WeakMap<Order, readonly BrokenLaw[]>();
const unaccepted = new WeakMap<Order, readonly BrokenLaw[]>();

/** Every ledger law that the order breaks now, including accepted breaches. */
export function brokenLaws(order: Order): readonly BrokenLaw[] {
  const known = measured.get(order) ?? measure(order);
  measured.set(order, known);
  return known;
}

function measure(order: Order): readonly BrokenLaw[] {
  const broken: BrokenLaw[] = [];
  const ask = <Subject>(table: Table<Subject>, subject: Subject, name: string, id: string) => {
    for (const law in table) {
      const breach = table[law]?.(subject);
      if (breach) broken.push({ law: law as LedgerLawId, subject: `${name}${id}`, ...breach });
    }
  };
  for (const line of order.lines) {
    ask(lineLaws, line, 'line:', line.id);
    ask(componentLaws, line, 'line:', line.id);
  }
  for (const charge of order.charges) ask(componentLaws, charge, 'charge:', charge.id);
  for (const payment of order.payments) ask(paymentLaws, payment, 'payment:', payment.id);
  ask(orderLaws, order, 'order', '');
  return broken;
}

/** A key for a breach: equal for breaches of the same law by the same subject. */
export function nameOfBreach({ law, subject }: { law: string; subject: string }): string {
  return `${law} ${subject}`;
}

/** The first law that `after` breaks and `before` did not, or not by as much. */
export function worsened(before: Order | undefined, after: Order): BrokenLaw | undefined {
  const breaches = brokenLaws(after);
  if (breaches.length === 0) return undefined;
  const known = before === undefined ? [] : brokenLaws(before);
  const excess = new Map(known.map((breach) => [nameOfBreach(breach), breach.excess]));
  return breaches.find((breach) => breach.excess > (excess.get(nameOfBreach(breach)) ?? 0));
}

/** The `breaches` that are not in `known` with the same figures. */
function breachesBeyond<Breach extends BrokenLaw>(
  breaches: readonly Breach[],
  known: readonly {
    readonly law: string;
    readonly subject: string;
    readonly figures: LawFigures;
  }[],
): readonly Breach[] {
  if (breaches.length === 0 || known.length === 0) return breaches;
  const byName = Map.groupBy(known, nameOfBreach);
  return breaches.filter(
    (breach) =>
      !byName
        .get(nameOfBreach(breach))
        ?.some((entry) => hasSameFigures(entry.figures, breach.figures)),
  );
}

function hasSameFigures(one: LawFigures, other: LawFigures): boolean {
  const names = Object.keys(one);
  return (
    names.length === Object.keys(other).length && names.every((name) => one[name] === other[name])
  );
}

/** Broken laws that have not been accepted with the same figures. */
export function unacceptedBreaches(order: Order): readonly BrokenLaw[] {
  const known =
    unaccepted.get(order) ?? breachesBeyond(brokenLaws(order), order.discrepancies.accepted);
  unaccepted.set(order, known);
  return known;
}

/** Law L4: every unit is cancelled, and no payment has anything left to void or to refund. */
export function isUndone(order: Order): boolean {
  const { ordered, cancelled } = figuresOf(order);
  return cancelled === ordered && order.payments.every(isEven);
}

/**
 * Nothing is left to void or to refund. Negative figures, which a missing report can leave, count
 * as nothing. Checked per payment: in a sum, they would hide what another payment still holds.
 */
function isEven(payment: Payment): boolean {
  return remainingOf(payment) <= 0 && payment.captured <= payment.refunded + disputedOf(payment);
}

/** Law L5: every unit is accounted for, the balance is settled or on terms, nothing is contested. */
export function isFulfilled(order: Order): boolean {
  const figures = figuresOf(order);
  return (
    figures.cancelled < figures.ordered &&
    order.lines.every(hasArrived) &&
    figures.unsettled === 0 &&
    figures.returnRequested === 0 &&
    figures.refundPending === 0 &&
    isInspected(order) &&
    (figures.balance === 0 || (order.policy.confirmWhen === 'terms' && figures.balance > 0)) &&
    !hasDispute(order, 'open') &&
    order.discrepancies.open.length === 0 &&
    // A breach is flagged only after the fact that caused it. Do not complete the order in between.
    unacceptedBreaches(order).length === 0
  );
}

/** Whether every unit that came back has been inspected, or its return closed. */
export function isInspected(order: Order): boolean {
  return order.returns.every(
    (entry) => entry.isClosed || sum(entry.received) <= sum(entry.accepted) + sum(refusedBy(entry)),
  );
}

function sum(lines: readonly { readonly units: number }[]): number {
  let total = 0;
  for (const { units } of lines) total += units;
  return total;
}
