import { createWebhookVerifier, stripeWebhooks, type WebhookScheme } from 'orderchart/webhook';
import { describe, expect, it } from 'vitest';
import { codeOf } from './kit.ts';

describe('the scheme of Stripe', () => {
  // Computed by `openssl dgst -sha256 -hmac`.
  const stripeSecret = 'whsec_0123456789abcdefghijklmnop';
  const body = '{"id":"evt_1","type":"charge.captured"}';
  const signature = 'c170308ed348652471a490346b16706a3bc3824fcf4e14c039bd171c004d4821';
  const header = `t=1700000000,v1=${signature}`;
  const verifier = createWebhookVerifier({
    secrets: [stripeSecret],
    scheme: stripeWebhooks,
    now: () => 1_700_000_000_000,
  });
  const verify = (value: string, text = body) =>
    codeOf(() => verifier.verify({ 'Stripe-Signature': value }, text));

  it('takes what Stripe signs, and calls it as the event in it is called', () => {
    const webhook = verifier.verify({ 'stripe-signature': header }, body);
    expect(webhook).toMatchObject({ id: 'evt_1', type: 'charge.captured' });
  });

  it('takes one of several signatures, and passes over those of test mode', () => {
    const wrong = signature.replaceAll(/[0-9]/g, '0');
    expect(verify(`t=1700000000,v1=${wrong},v1=${signature},v0=${wrong}`)).toBe('none');
    expect(verify(`t=1700000000,v0=${signature}`)).toBe('signatureInvalid');
  });

  it('refuses any bit that is changed, of header and body', () => {
    for (let bit = 0; bit < header.length * 8; bit += 1) {
      const bytes = Buffer.from(header);
      bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(verify(bytes.toString('latin1')), bytes.toString()).toBe('signatureInvalid');
    }
    expect(verify(header, body.replace('evt_1', 'evt_2'))).toBe('signatureInvalid');
  });

  it('refuses a body that is no event, though it is signed', () => {
    expect(codeOf(() => stripeWebhooks.describe({ ...nothing, body: Buffer.from('[]') }))).toBe(
      'messageInvalid',
    );
    expect(codeOf(() => stripeWebhooks.describe({ ...nothing, body: Buffer.from('{') }))).toBe(
      'messageInvalid',
    );
  });

  it('wants the secret as the dashboard shows it', () => {
    const make = () => createWebhookVerifier({ secrets: ['sk_live_1'], scheme: stripeWebhooks });
    expect(codeOf(make)).toBe('invalidArgument');
  });

  const nothing = { headers: new Map(), isSigned: () => false };
});

describe('a scheme of a host', () => {
  /** As GitHub signs: no time, one signature. */
  const scheme: WebhookScheme = {
    name: 'Example',
    encoding: 'hex',
    keyOf: (text) => Buffer.from(text),
    read: (headers) => ({
      signedAt: undefined,
      prefix: '',
      signatures: (headers.get('x-signature') as string[]).map((one) => one.slice(7)),
    }),
    describe: ({ headers }) => ({ id: (headers.get('x-delivery') as string[])[0] as string }),
  };
  const verifier = createWebhookVerifier({ secrets: ['key'], scheme });
  const right = 'sha256=9d5c73ef85594d34ec4438b7c97e51d8';

  it('that throws on odd input refuses it', () => {
    expect(codeOf(() => verifier.verify({}, ''))).toBe('signatureInvalid');
    expect(codeOf(() => verifier.verify({ 'x-signature': right }, ''))).toBe('signatureInvalid');
  });

  it('whose ids cannot be those of messages refuses them', () => {
    const signature = '515aae133b435d4000956731f68ae5cf5eb85d4f0dc6a546d2bfcd3595ec1ae1';
    const headers = (id: string) => ({ 'x-signature': `sha256=${signature}`, 'x-delivery': id });
    expect(verifier.verify(headers('delivery-1'), 'body')).toMatchObject({
      id: 'delivery-1',
      signedAt: undefined,
    });
    for (const id of ['', 'a b', 'é', 'x'.repeat(201)]) {
      expect(codeOf(() => verifier.verify(headers(id), 'body'))).toBe('messageInvalid');
    }
    expect(codeOf(() => verifier.verify({ 'x-signature': `sha256=${signature}` }, 'body'))).toBe(
      'messageInvalid',
    );
  });
});
