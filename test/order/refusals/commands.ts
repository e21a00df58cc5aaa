import { line, unitsOf } from '../commands.ts';

// Commands and options that only refusals need.

export const terms = { policy: { confirmWhen: 'terms' } } as const;
export const onAuthorization = { policy: { confirmWhen: 'authorized' } } as const;

export const named = (type: string, fields: object = {}) => ({ type, ...fields });

export const requestReturn = (units: Record<string, number>, returnId = 'r1') => ({
  type: 'return.request',
  returnId,
  lines: unitsOf(units),
});

export const exchange = (fields: object = {}) => ({
  type: 'exchange.request',
  exchangeId: 'e1',
  returnId: 'r1',
  back: unitsOf({ a: 1 }),
  out: [line('x', 1, 10_000)],
  ship: 'onReceipt',
  ...fields,
});

export const replace = (units: number, fields: object = {}) => ({
  type: 'units.replace',
  replacementId: 'n1',
  cause: 'lost',
  lines: [{ lineId: 'a', units, as: 'again' }],
  ...fields,
});

export const refund = (of: object, fields: object = {}) => ({
  type: 'payment.refund',
  cause: 'correction',
  of,
  ...fields,
});

export const ofAmount = (amount: number, currency = 'EUR') => ({
  kind: 'amount',
  amount,
  currency,
});

export const ofComponents = (component: string, amount: number, currency = 'EUR') => ({
  kind: 'components',
  components: [{ component, amount }],
  currency,
});

export const authorize = (amount: number, fields: object = {}) => ({
  type: 'payment.authorize',
  paymentId: 'p1',
  amount,
  currency: 'EUR',
  ...fields,
});

export const hold = { type: 'order.hold', reason: 'fraud' };
