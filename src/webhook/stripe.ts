import { OrderchartError } from '../errors.ts';
import { type HeaderValues, singleValue } from './headers.ts';
import {
  millisecondsOf,
  type SignatureClaim,
  signatureMissing,
  type WebhookDescription,
  type WebhookScheme,
} from './scheme.ts';

const name = 'Stripe';

/**
 * The scheme of Stripe's webhooks (https://docs.stripe.com/webhooks/signatures): the header
 * `Stripe-Signature: t=<seconds>,v1=<hexadecimal>[,v1=...]` over `t.body`. The secret is the
 * endpoint's `whsec_...`, taken as it is. Id and type are those of the event in the body.
 */
export const stripeWebhooks: WebhookScheme = {
  name,
  encoding: 'hex',
  keyOf: (secret) => {
    if (!/^whsec_[\x21-\x7e]{16,200}$/.test(secret)) {
      throw new TypeError("must be the endpoint's signing secret, which begins with `whsec_`");
    }
    return Buffer.from(secret);
  },
  read: readClaim,
  describe: ({ body }) => eventIn(body),
};

function readClaim(headers: HeaderValues): SignatureClaim {
  const header = singleValue(headers, 'stripe-signature');
  if (header === undefined) throw signatureMissing(name, '`Stripe-Signature` is missing');
  const parts = header.split(',').map((part) => part.split('=', 2) as [string, string?]);
  const valuesOf = (wanted: string) =>
    parts.flatMap(([key, value]) => (key === wanted && value ? [value] : []));
  const [timestamp = '', ...moreTimestamps] = valuesOf('t');
  const signedAt = millisecondsOf(timestamp);
  if (signedAt === undefined || moreTimestamps.length > 0) {
    throw signatureMissing(name, '`t` is not one number of seconds');
  }
  return { signedAt, prefix: `${timestamp}.`, signatures: valuesOf('v1') };
}

/** Stripe signs no id: the event in the body has one, the same for every attempt. */
function eventIn(body: Uint8Array): WebhookDescription {
  const event = parse(body);
  if (typeof event === 'object' && event !== null && 'id' in event && 'type' in event) {
    const { id, type } = event;
    if (typeof id === 'string' && typeof type === 'string') return { id, type };
  }
  throw new OrderchartError('messageInvalid', 'The body is not an event of Stripe.');
}

function parse(body: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch {
    return undefined;
  }
}
