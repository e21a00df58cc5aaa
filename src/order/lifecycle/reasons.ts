import { figuresOf } from '../figures.ts';
import type { LineUnits, Order } from '../order.ts';
import { cheapestUnit, coverOf } from '../secured.ts';
import type { OrderGuardName } from './guards.ts';

/** Why a guard of the core said no: a sentence for people, figures for programs. */
export interface GuardReason {
  readonly message: string;
  readonly figures: Readonly<Record<string, number | string | boolean>>;
}

type Command = Readonly<Record<string, unknown>> | undefined;
type Explain = (order: Order, command: Command) => GuardReason;

const discrepanciesOf = (order: Order) => order.discrepancies.open.map(({ law }) => law).join(' ');

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
        `The order confirms when ${confirmWhen}, and that amount is not reached, or was asked back: ` +
        'wait for the payment, or write off by order.credit what will never come.',
      figures: { confirmWhen, authorized, captured, net, secured, agreedTotal },
    };
  },
  secured: (order, command) => {
    const units = (command?.['lines'] as readonly LineUnits[] | undefined) ?? cheapestUnit(order);
    const { secured, required } = coverOf(order, units);
    return {
      message:
        `For these units to leave ${required} minor units must be secured, and ${secured} are: ` +
        'take a payment first, or say `over: true`.',
      figures: { secured, required },
    };
  },
  someHold: (order) => ({
    message: 'Nobody holds the order; what a discrepancy holds, discrepancy.resolve releases.',
    figures: { holds: 0, discrepancies: order.discrepancies.open.length },
  }),
  someUnitOpen: (order) => {
    const { ordered, cancelled, shipped } = figuresOf(order);
    return {
      message: 'No unit can be cancelled any more: all are cancelled or shipped.',
      figures: { ordered, cancelled, shipped },
    };
  },
  someUnitDelivered: (order) => ({
    message: 'Nothing has been delivered yet, so nothing can be returned.',
    figures: { delivered: figuresOf(order).delivered },
  }),
  returnWindowOpen: ({ deliveredAt, policy }) => ({
    message: 'The return window is over.',
    figures: { deliveredAt: deliveredAt ?? 0, returnWindowMs: policy.returnWindowMs },
  }),
  retentionPassed: ({ policy }) => ({
    message: 'The order has not been over for long enough to be archived.',
    figures: { retentionMs: policy.retentionMs },
  }),
  someDiscrepancy: () => ({
    message: 'No discrepancy is open.',
    figures: { discrepancies: 0 },
  }),
};

/** The reason of a core guard; a plain one for the guards of a host. */
export function reasonOf(guard: string, order: Order, command?: Command): GuardReason {
  const explain = reasons[guard as OrderGuardName];
  return (
    explain?.(order, command) ?? { message: `The requirement "${guard}" is not met.`, figures: {} }
  );
}
