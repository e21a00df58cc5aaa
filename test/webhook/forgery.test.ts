import { createHmac, createSecretKey, type KeyObject } from 'node:crypto';
import fc from 'fast-check';
import { createWebhookVerifier, stripeWebhooks } from 'orderchart/webhook';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { standardHeaders, standardKey } from '../../src/webhook/standard.ts';
import { codeOf, messageOf, otherSecret, secret, time } from './kit.ts';

// Whatever a sender signs could be captured and given out as something else. Here every text that is
// signed is recorded, and each signature is tried in the place of each other kind, with the text cut
// in every way that the other kind could be cut.

interface Signing {
  readonly text: string;
  /** In hexadecimal. */
  readonly key: string;
  readonly signature: Buffer;
}

const signings: Signing[] = [];

vi.mock('node:crypto', async (importOriginal) => {
  const crypto = await importOriginal<typeof import('node:crypto')>();
  const recorded = (algorithm: string, key: KeyObject) => {
    const hmac = crypto.createHmac(algorithm, key);
    const parts: Uint8Array[] = [];
    const recorder = {
      update: (part: string | Uint8Array) => {
        parts.push(Buffer.from(part as string));
        hmac.update(part);
        return recorder;
      },
      digest: () => {
        const signature = hmac.digest();
        const text = Buffer.concat(parts).toString('latin1');
        signings.push({ text, key: key.export().toString('hex'), signature });
        return signature;
      },
    };
    return recorder;
  };
  return { ...crypto, createHmac: recorded };
});

beforeEach(() => {
  signings.length = 0;
});

const seconds = String(time / 1000);
const toleranceMs = 86_400_000;
const verifiers = {
  standard: createWebhookVerifier({ secrets: [secret, otherSecret], now: () => time, toleranceMs }),
  stripe: createWebhookVerifier({
    secrets: [secret, otherSecret],
    scheme: stripeWebhooks,
    now: () => time,
    toleranceMs,
  }),
};

type Kind = 'body' | 'attributes' | 'stripe';

interface Capture extends Signing {
  readonly kind: Kind;
}

/** What a sender of ours signs for a message, by the header that the signature stands in. */
function sentByUs(message: ReturnType<typeof messageOf>, secrets: readonly string[]): Capture[] {
  signings.length = 0;
  const keys = secrets.map((one) => createSecretKey(standardKey(one)));
  const headers = standardHeaders(message, time, keys);
  const captured = signings.splice(0);
  const isIn = (name: string, { signature }: Signing) =>
    headers[name]?.includes(signature.toString('base64')) === true;
  return captured.flatMap((signing): Capture[] => {
    if (isIn('webhook-signature', signing)) return [{ ...signing, kind: 'body' }];
    return isIn('orderchart-signature', signing) ? [{ ...signing, kind: 'attributes' }] : [];
  });
}

/** What a sender signs that is not ours, and whose ids may be anything. */
function sentByOther(kind: 'body' | 'stripe', secretText: string, text: string): Capture {
  const key = createSecretKey(
    kind === 'stripe' ? stripeWebhooks.keyOf(secretText) : standardKey(secretText),
  );
  const signature = createHmac('sha256', key).update(Buffer.from(text, 'latin1')).digest();
  return { kind, text, key: key.export().toString('hex'), signature };
}

/** Every way to read a text as `id.timestamp.body` that a receiver takes. */
function readingsOf({ text, signature }: Signing): string[] {
  const taken: string[] = [];
  for (let dot = text.indexOf('.'); dot >= 0; dot = text.indexOf('.', dot + 1)) {
    const next = text.indexOf('.', dot + 1);
    if (next < 0) break;
    const id = text.slice(0, dot);
    const timestamp = text.slice(dot + 1, next);
    const body = Buffer.from(text.slice(next + 1), 'latin1');
    const headers = {
      'webhook-id': id,
      'webhook-timestamp': timestamp,
      'webhook-signature': `v1,${signature.toString('base64')}`,
    };
    if (codeOf(() => verifiers.standard.verify(headers, body)) === 'none') {
      taken.push(JSON.stringify([id, timestamp, body.toString('latin1')]));
    }
  }
  return taken;
}

/** Every way to read a text as Stripe's `t.body`. */
function stripeReadingsOf({ text, signature }: Signing): string[] {
  return [...text.matchAll(/\./g)].flatMap(({ index }) => {
    const header = `t=${text.slice(0, index)},v1=${signature.toString('hex')}`;
    const body = Buffer.from(text.slice(index + 1), 'latin1');
    const verify = () => verifiers.stripe.verify({ 'stripe-signature': header }, body);
    return codeOf(verify) === 'none' ? [text] : [];
  });
}

const dotted = fc.oneof(
  fc.stringMatching(/^[\x21-\x7e]{1,20}$/),
  fc.stringMatching(/^[a-z.%0-9]{1,20}$/),
  fc.constantFrom(
    'a.1',
    `a.${seconds}`,
    `${seconds}.1`,
    `orderchart.attributes.a`,
    `orderchart.attributes.a.${seconds}`,
    '%2E',
    '["a',
    seconds,
  ),
);
const bodies = fc.oneof(
  fc.string({ maxLength: 40 }),
  fc.constantFrom(
    `${seconds}.{}`,
    `${seconds}.${seconds}.{"id":"evt_1","type":"a"}`,
    '{"id":"evt_1","type":"charge.captured"}',
    '[["","","",""],[]]',
    '",["key","type","",""],[]]',
  ),
);
const secretLists = fc.constantFrom([secret], [otherSecret], [secret, otherSecret]);
const headerLists = fc.dictionary(
  fc.stringMatching(/^x-[a-z]{1,5}$/),
  fc.stringMatching(/^[a-z.0-9]{1,10}$/),
  { maxKeys: 3 },
);

describe('a signature is worth one thing', () => {
  const sent = fc
    .record({ id: dotted, key: dotted, type: dotted, headers: headerLists, body: bodies })
    .map(({ body, ...fields }) => messageOf(1, { ...fields, body: Buffer.from(body) }));

  it('of all that our transport signs, none is taken for anything but what it was', () => {
    fc.assert(
      fc.property(sent, secretLists, (message, secrets) => {
        const captures = sentByUs(message, secrets);
        expect(captures.map(({ kind }) => kind).toSorted()).toEqual([
          ...secrets.map(() => 'attributes'),
          ...secrets.map(() => 'body'),
        ]);
        for (const capture of captures) {
          expect(readingsOf(capture), capture.text).toHaveLength(capture.kind === 'body' ? 1 : 0);
          expect(stripeReadingsOf(capture)).toEqual([]);
        }
      }),
    );
  });

  it('of any sender, whose ids may have dots, one reading is taken at most', () => {
    fc.assert(
      fc.property(dotted, bodies, fc.nat(9), (id, body, later) => {
        const text = `${id}.${Number(seconds) + later}.${Buffer.from(body).toString('latin1')}`;
        const capture = sentByOther('body', secret, text);
        expect(readingsOf(capture).length).toBeLessThanOrEqual(1);
        expect(stripeReadingsOf(capture)).toEqual([]);
      }),
    );
  });

  it('of Stripe, with the same secret, none is taken by another scheme', () => {
    fc.assert(
      fc.property(bodies, (body) => {
        const capture = sentByOther('stripe', secret, `${seconds}.${body}`);
        expect(readingsOf(capture)).toEqual([]);
      }),
    );
  });

  it('keys that sign bodies sign nothing else', () => {
    fc.assert(
      fc.property(sent, secretLists, (message, secrets) => {
        const captures = sentByUs(message, secrets);
        const keysOf = (wanted: Kind) =>
          captures.filter(({ kind }) => kind === wanted).map(({ key }) => key);
        expect(new Set([...keysOf('body'), ...keysOf('attributes')]).size).toBe(2 * secrets.length);
        // Nor is a key that is derived something that a sender could be made to sign.
        const derived = captures.map(({ key }) => key);
        for (const { signature } of captures) {
          expect(derived).not.toContain(signature.toString('hex'));
        }
      }),
    );
  });

  it('the signature of a body does not do for attributes, nor does that of other attributes', () => {
    fc.assert(
      fc.property(sent, sent, (message, other) => {
        fc.pre(message.type !== other.type);
        const keys = [createSecretKey(standardKey(secret))];
        const headers = standardHeaders(message, time, keys);
        const strange = standardHeaders({ ...other, id: message.id }, time, keys);
        for (const signature of [headers['webhook-signature'], strange['orderchart-signature']]) {
          const forged = { ...headers, 'orderchart-signature': signature };
          const verify = () => verifiers.standard.verify(forged, message.body);
          expect(codeOf(verify)).toBe('signatureInvalid');
        }
      }),
    );
  });
});

describe('attributes are signed by whoever signed the body', () => {
  it('and those of another sender at the same receiver are refused', () => {
    const message = messageOf(1);
    const signedBy = (text: string, fields = {}) =>
      standardHeaders({ ...message, ...fields }, time, [createSecretKey(standardKey(text))]);
    const theirs = signedBy(otherSecret, { type: 'payment.refunded' });
    const body = Object.entries(signedBy(secret)).filter(([name]) => name.startsWith('webhook-'));
    const forged = { ...theirs, ...Object.fromEntries(body) };
    expect(codeOf(() => verifiers.standard.verify(signedBy(secret), message.body))).toBe('none');
    const verify = () => verifiers.standard.verify(forged, message.body);
    expect(codeOf(verify)).toBe('signatureInvalid');
  });
});
