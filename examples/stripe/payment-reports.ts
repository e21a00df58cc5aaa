import { type OrderReport, PermanentHandlerError, type TransportMessage } from 'orderchart';
import { z } from 'zod';

// What Stripe's events mean for an order. Each names an object of Stripe (a charge, a refund) and
// figures of it "so far", so they may come twice and in any order.

/** Which payment of which order an object of Stripe belongs to. */
export interface PaymentOwner {
  readonly orderId: string;
  readonly paymentId: string;
}

/** Finds the owner by the PaymentIntent: for refunds that were made in Stripe's dashboard. */
export type FindOwner = (paymentIntentId: string) => PaymentOwner | undefined;

const id = z.string().min(1);
const amount = z.int().min(0);
/** Ours, given to Stripe with the PaymentIntent (which hands it on to its charges) or the refund. */
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
  /** Where the money left the balance; null when none has. */
  balance_transaction: z.string().nullable(),
  failure_reason: z.string().nullish(),
  payment_intent: id.nullish(),
  metadata,
});

const event = z.object({
  id,
  type: z.string(),
  created: z.int(),
  data: z.object({ object: z.unknown() }),
});

const paymentObject = z.discriminatedUnion('object', [paymentIntent, charge, refund]);

type PaymentIntent = z.infer<typeof paymentIntent>;
type Charge = z.infer<typeof charge>;
type Refund = z.infer<typeof refund>;

/** What a report says beyond whose and whence it is. */
type Told = Record<string, unknown> & { readonly outcome: string };

/** What each event tells; events of other types are not for us. */
const tellers: Readonly<Record<string, (object: never) => readonly Told[]>> = {
  'payment_intent.requires_action': ({ id: objectId }: PaymentIntent) => [
    { outcome: 'actionRequired', objectId },
  ],
  'payment_intent.payment_failed': ({ id: objectId, last_payment_error }: PaymentIntent) => [
    { outcome: 'authorizationFailed', objectId, reason: last_payment_error?.code ?? 'unknown' },
  ],
  // What may be captured shrinks with each capture; together with those it is what was reserved.
  'payment_intent.amount_capturable_updated': (intent: PaymentIntent) =>
    money('authorized', intent.id, intent.amount_capturable + intent.amount_received, intent),
  'payment_intent.succeeded': (intent: PaymentIntent) =>
    money('captured', intent.latest_charge ?? intent.id, intent.amount_received, intent, {
      sale: intent.capture_method !== 'manual',
    }),
  // What is not captured now never will be: Stripe gives it back.
  'charge.captured': (one: Charge) => [
    ...money('captured', one.id, one.amount_captured, one),
    ...money('voided', one.id, one.amount - one.amount_captured, one),
  ],
  'charge.expired': ({ id: objectId }: Charge) => [{ outcome: 'authorizationExpired', objectId }],
  // Of a charge that was never captured, "refunded" means released. Of others, its refunds tell.
  'charge.refunded': (one: Charge) =>
    one.captured ? [] : money('voided', one.id, one.amount_refunded, one),
  'refund.created': refundTold,
  'refund.updated': refundTold,
  'refund.failed': refundTold,
};

/**
 * A refund that fails after the money had left comes back. Both is told each time, because the event
 * that says the first may come after the one that says the second.
 */
function refundTold(one: Refund): readonly Told[] {
  const hasFailed = one.status === 'failed' || one.status === 'canceled';
  // The rest of an authorization is "refunded" too, but no money has ever left.
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
 * The reports in a webhook of Stripe; none when it is not for us. Throws `PermanentHandlerError`
 * for what is not of the form that Stripe documents: a dead letter.
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
  throw new PermanentHandlerError(`This is no event of Stripe as it is documented: ${places}.`);
}

function parse(body: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(body));
  } catch {
    return undefined;
  }
}
