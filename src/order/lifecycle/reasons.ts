import { figuresOf } from '../figures.ts';
import type { LineUnits, Order } from '../order.ts';
import { cheapestUnit, coverOf } from '../secured.ts';
import type { OrderGuardName } from './guards.ts';

/** Why a core guard refused a request: a sentence for people, figures for programs. */
export interface GuardReason {
  readonly message: string;
  readonly figures: Readonly<Record<string, number | string | boolean>>;
}

type Command = Readonly<Record<string, unknown>> | undefined;
type Explain = (order: Order, command: Command) => GuardReason;

const discrepanciesOf = (order: Order) => order.discrepancies.open.map(({ law }) => law).join(', ');

function figuresOfDisputes(order: Order) {
  const { disputed, chargedBack } = figuresOf(order);
  const disputes = order.payments.reduce(
    (count, payment) => count + (payment.disputes?.length ?? 0),
    0,
  );
  return { disputes, disputed, chargedBack };
}

const reasons: Partial<Record<OrderGuardName, Explain>> = {
  holdClear: (order) => ({
    message:
      order.holds.length > 0
        ? `The order is held (${order.holds.map(({ reason }) => reason).join(', ')}): release it first.`
        : `A discrepancy is open (${discrepanciesOf(order)}): wait for the missing report, or resolve it.`,
    figures: {
      reason: order.holds[0]?.reason ?? 'discrepancy',
      holds: order.holds.length,
      discrepancies: order.discrepancies.open.length,
    },
  }),
  policyMet: (order) => {
    const { authorized, captured, net, secured, agreedTotal } = figuresOf(order);
    const { confirmWhen } = order.policy;
    return {
      message:
        `The order confirms when ${confirmWhen}, but that amount is not reached, or was requested ` +
        'back: wait for the payment, or write off with order.credit what will never be paid.',
      figures: { confirmWhen, authorized, captured, net, secured, agreedTotal },
    };
  },
  secured: (order, command) => {
    const units = (command?.['lines'] as readonly LineUnits[] | undefined) ?? cheapestUnit(order);
    const { secured, required } = coverOf(order, units);
    const { disputed } = figuresOf(order);
    return {
      message:
        `${required} minor units must be secured before these units leave, but only ${secured} are: ` +
        'take a payment first, or pass `over: true`.',
      figures: { secured, required, ...(disputed > 0 && { disputed }) },
    };
  },
  someHold: (order) => ({
    message: 'The order has no hold: if a discrepancy blocks it, use discrepancy.resolve.',
    figures: { holds: 0, discrepancies: order.discrepancies.open.length },
  }),
  someUnitOpen: (order) => {
    const { ordered, cancelled, shipped } = figuresOf(order);
    return {
      message:
        'No unit can be cancelled: all are already cancelled or shipped. Shipped units can be returned ' +
        'after their delivery.',
      figures: { ordered, cancelled, shipped },
    };
  },
  someUnitStays: (order) => {
    const { ordered, cancelled } = figuresOf(order);
    return {
      message: 'The amendment would cancel every unit and add none: use order.cancel.',
      figures: { ordered, cancelled },
    };
  },
  someUnitDelivered: (order) => ({
    message: 'Nothing has been delivered yet, so nothing can be returned.',
    figures: { delivered: figuresOf(order).delivered },
  }),
  returnWindowOpen: ({ deliveredAt, policy }) => ({
    message:
      'The return window is over: to make an exception, give money back by payment.refund without a ' +
      'return.',
    figures: { deliveredAt: deliveredAt ?? 0, returnWindowMs: policy.returnWindowMs },
  }),
  retentionPassed: ({ policy }) => ({
    message: 'The order has not ended long enough ago to be archived: wait for its retention time.',
    figures: { retentionMs: policy.retentionMs },
  }),
  someDiscrepancy: () => ({
    message: 'No discrepancy is open: a later report may have resolved it.',
    figures: { discrepancies: 0 },
  }),
  someDisputeOpen: (order) => ({
    message: 'No dispute is open: none was reported, or all of them are won or lost.',
    figures: figuresOfDisputes(order),
  }),
  noDisputeOpen: (order) => ({
    message: 'A dispute is open: wait until it is won or lost, or concede it by dispute.concede.',
    figures: figuresOfDisputes(order),
  }),
};

/** Returns the reason of a core guard, or a generic one for a host's guard. */
export function reasonOf(guard: string, order: Order, command?: Command): GuardReason {
  const explain = reasons[guard as OrderGuardName];
  return (
    explain?.(order, command) ?? { message: `The requirement "${guard}" is not met.`, figures: {} }
  );
}
