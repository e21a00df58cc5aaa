import type { ChartExplanation } from '../chart/index.ts';
import type { BrokenLaw } from '../order/laws.ts';
import { reasonOf } from '../order/lifecycle/reasons.ts';
import type { Refusal } from '../order/refusal.ts';
import type { Decision, OrderState, Rejection } from './types.ts';

/** The chart has no enabled transition: the state has none at all, or a guard refused it. */
export function notPermitted(
  command: { readonly type: string },
  explanation: ChartExplanation,
  { order, status }: OrderState,
): Rejection {
  const { type } = command;
  const refused = explanation.selection.findLast(({ answer }) => !answer);
  if (explanation.candidates === 0 || refused === undefined) {
    const lifecycle = String(status['lifecycle']);
    return {
      code: 'notInThisState',
      message: `${type} is not possible while the order is ${lifecycle}.`,
      figures: { lifecycle },
    };
  }
  const { guard } = refused;
  const { message, figures } = reasonOf(guard, order, command);
  return { code: 'guardRefused', message: `${type} is refused. ${message}`, guard, figures };
}

/** The request would break a law of the ledgers. */
export function lawBroken({ law, subject, figures }: BrokenLaw): Rejection {
  const numbers = Object.entries(figures).map(([name, figure]) => `${name} ${figure}`);
  return {
    code: 'lawBroken',
    message: `Law ${law} would break on ${subject}: ${numbers.join(', ')}.`,
    law,
    figures: { subject, ...figures },
  };
}

/** Law M8 applies to reports too: sums of larger amounts would be rounded without notice. */
export const amountsTooLarge: Decision = {
  status: 'rejected',
  rejection: {
    code: 'lawBroken',
    message:
      'Law M8 would break on order: its amounts would add up to more than ' +
      '9007199254740991 minor units.',
    law: 'M8',
    figures: { subject: 'order', maximum: Number.MAX_SAFE_INTEGER },
  },
};

/** A decider refused the command. */
export function refusedBy({ code, message, law, figures }: Refusal): Rejection {
  return { code, message, ...(law === undefined ? {} : { law }), figures };
}

export const orderNotFound: Rejection = {
  code: 'orderNotFound',
  message: 'There is no such order: place it first, or check its id and tenant.',
};

export const orderExists: Rejection = {
  code: 'orderExists',
  message: 'An order with this id already exists: place a new one under another id.',
};
