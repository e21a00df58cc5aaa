import { type OrderReport, PermanentHandlerError, type TransportMessage } from 'orderchart';
import { z } from 'zod';

// Maps Stripe's events to reports about an order. Each event names a Stripe object (a charge, a
// refund) and its figures so far, so events may arrive twice and in any sequence.

/** The order and the payment that a Stripe object belongs to. */
export interface PaymentOwner {
  readonly orderId: string;
  readonly paymentId: string;
}

/** Finds the owner by the PaymentIntent: refunds made in Stripe's dashboard have no metadata. */
export type FindOwner = (paymentIntentId: string) => PaymentOwner | undefined;

const id = z.string().min(1);
const amount = z.int().min(0);
/** Set by the host on the refund, or on the PaymentIntent (Stripe copies it to its charges). */
const metadata = z
  .object({ orderId: id, paymentId: id, operationId: id })
  .partial()
  .nullish()
  .transform((value) => value ?? {});

const paymentIntent = z.object({
  object: z.literal('payment_intent'),
  id,
  amount_capturable: amount,
  amount_received: amount,
  currency: z.string(),
  capture_method: z.string(),
  latest_charge: id.nullable(),
  last_payment_error: z.object({ code: z.string().nullish() }).nullish(),
  metadata,
});

const charge = z.object({
  object: z.literal('charge'),
  id,
  amount,
  amount_captured: amount,
  amount_refunded: amount,
  captured: z.boolean(),
  currency: z.string(),
  payment_intent: id.nullish(),
  metadata,
});

const refund = z.object({
  object: z.literal('refund'),
  id,
  amount,
  currency: z.string(),
  status: z.string().nullable(),
  /** The transaction in which the money left the balance; null if none has. */
  balance_transaction: z.string().nullable(),
  failure_reason: z.string().nullish(),
  payment_intent: id.nullish(),
  metadata,
});

const dispute = z.object({
  object: z.literal('dispute'),
  id,
  amount,
  currency: z.string(),
  reason: id,
  status: z.string(),
  /** Below zero: taken from the merchant. Above: returned. Fees are not part of it. */
  balance_transactions: z.array(z.object({ amount: z.int(), currency: z.string() })),
  evidence_details: z.object({ due_by: z.int().nullish() }).nullish(),
  payment_intent: id.nullish(),
  metadata,
});

const event = z.object({
  id,
  type: z.string(),
  created: z.int(),
  data: z.object({ object: z.unknown() }),
});

const paymentObject = z.discriminatedUnion('object', [paymentIntent, charge, refund, dispute]);

type PaymentIntent = z.infer<typeof paymentIntent>;
type Charge = z.infer<typeof charge>;
type Refund = z.infer<typeof refund>;
type Dispute = z.infer<typeof dispute>;

/** The fields of a report besides its owner and its source. */
type Told = Record<string, unknown> & { readonly outcome: string };

/** The reports of each type of event. Events of other types are ignored. */
const tellers: Readonly<Record<string, (object: never) => readonly Told[]>> = {
  'payment_intent.requires_action': ({ id: objectId }: PaymentIntent) => [
    { outcome: 'actionRequired', objectId },
  ],
  'payment_intent.payment_failed': ({ id: objectId, last_payment_error }: PaymentIntent) => [
    { outcome: 'authorizationFailed', objectId, reason: last_payment_error?.code ?? 'unknown' },
  ],
  // Each capture reduces the capturable amount; both together are the authorized amount.
  'payment_intent.amount_capturable_updated': (intent: PaymentIntent) =>
    money('authorized', intent.id, intent.amount_capturable + intent.amount_received, intent),
  'payment_intent.succeeded': (intent: PaymentIntent) =>
    money('captured', intent.latest_charge ?? intent.id, intent.amount_received, intent, {
      sale: intent.capture_method !== 'manual',
    }),
  // Stripe releases what is not captured now.
  'charge.captured': (one: Charge) => [
    ...money('captured', one.id, one.amount_captured, one),
    ...money('voided', one.id, one.amount - one.amount_captured, one),
  ],
  'charge.expired': ({ id: objectId }: Charge) => [{ outcome: 'authorizationExpired', objectId }],
  // For a charge never captured, "refunded" means released. Others have refund events of their own.
  'charge.refunded': (one: Charge) =>
    one.captured ? [] : money('voided', one.id, one.amount_refunded, one),
  'refund.created': refundTold,
  'refund.updated': refundTold,
  'refund.failed': refundTold,
  'charge.dispute.created': disputeTold,
  'charge.dispute.updated': disputeTold,
  'charge.dispute.funds_withdrawn': disputeTold,
  'charge.dispute.funds_reinstated': disputeTold,
  'charge.dispute.closed': disputeTold,
};

/** The states in which Stripe closes a dispute in the merchant's favor. */
const closedWell: readonly string[] = ['won', 'warning_closed', 'prevented'];

/** Every event of a dispute reports all that its object says: the events arrive in any sequence. */
function disputeTold(one: Dispute): readonly Told[] {
  const { id: objectId, reason, status } = one;
  const dueBy = one.evidence_details?.due_by;
  const due = dueBy ? { dueBy: dueBy * 1000 } : {};
  return [
    ...money('disputeOpened', objectId, one.amount, one, { reason, ...due }),
    ...money('disputeWithdrawn', objectId, sumOf(one, -1), one),
    ...money('disputeReinstated', objectId, sumOf(one, 1), one),
    ...(closedWell.includes(status) ? [{ outcome: 'disputeWon', objectId }] : []),
    ...(status === 'lost' ? [{ outcome: 'disputeLost', objectId }] : []),
  ];
}

/** What moved in one direction. In the account's currency it is another sum: then all of it moved. */
function sumOf({ amount: all, currency, balance_transactions }: Dispute, sign: 1 | -1): number {
  return balance_transactions
    .filter((moved) => Math.sign(moved.amount) === sign)
    .reduce((sum, moved) => sum + (moved.currency === currency ? sign * moved.amount : all), 0);
}

/**
 * If a refund fails after its money has left, the money comes back. Such a failure reports both the
 * refund and its reversal, because the event of the refund itself may arrive later.
 */
function refundTold(one: Refund): readonly Told[] {
  const hasFailed = one.status === 'failed' || one.status === 'canceled';
  // Stripe also "refunds" the rest of an authorization, but then no money has left.
  const hasLeft = one.balance_transaction !== null && (hasFailed || one.status === 'succeeded');
  if (hasLeft) {
    return [
      ...money('refunded', one.id, one.amount, one),
      ...(hasFailed ? money('refundReversed', one.id, one.amount, one) : []),
    ];
  }
  const reason = one.failure_reason ?? 'unknown';
  return hasFailed ? [{ outcome: 'refundFailed', objectId: one.id, reason }] : [];
}

function money(
  outcome: string,
  objectId: string,
  sum: number,
  { currency }: { readonly currency: string },
  more: object = {},
): readonly Told[] {
  if (sum === 0) return [];
  return [{ outcome, objectId, amount: sum, currency: currency.toUpperCase(), ...more }];
}

/**
 * Returns the reports in a Stripe webhook; none if it is not about an order. Throws
 * `PermanentHandlerError`, which makes it a dead letter, if it does not have the documented form.
 */
export function paymentReports(
  message: TransportMessage,
  findOwner: FindOwner,
): readonly OrderReport[] {
  const { id: reportId, type, created, data } = read(event, parse(message.body));
  const teller = tellers[type];
  if (teller === undefined) return [];
  const object = read(paymentObject, data.object);
  const owner = ownerOf(object, findOwner);
  if (owner === undefined) return [];
  const { operationId } = object.metadata;
  return teller(object as never).map(
    (told) =>
      ({
        type: 'payment.report',
        ...owner,
        ...told,
        ...(operationId === undefined ? {} : { operationId }),
        source: 'stripe',
        reportId,
        occurredAt: created * 1000,
      }) as OrderReport,
  );
}

function ownerOf(
  object: z.infer<typeof paymentObject>,
  findOwner: FindOwner,
): PaymentOwner | undefined {
  const { orderId, paymentId } = object.metadata;
  if (orderId !== undefined && paymentId !== undefined) return { orderId, paymentId };
  const intentId = object.object === 'payment_intent' ? object.id : object.payment_intent;
  return intentId ? findOwner(intentId) : undefined;
}

function read<Shape>(schema: z.ZodType<Shape>, value: unknown): Shape {
  const { success, data, error } = schema.safeParse(value);
  if (success) return data;
  const places = error.issues.map(({ path }) => path.join('.')).join(', ');
  throw new PermanentHandlerError(
    `The message does not match Stripe's documented event at: ${places}.`,
  );
}

function parse(body: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(body));
  } catch {
    return undefined;
  }
}
