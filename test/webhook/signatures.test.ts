import { createSecretKey } from 'node:crypto';
import { createWebhookVerifier } from 'orderchart/webhook';
import { describe, expect, it } from 'vitest';
import { standardHeaders, standardKey } from '../../src/webhook/standard.ts';
import { codeOf, messageOf, otherSecret, secret, time } from './kit.ts';
import { signed, vector, vectorVerifier, verifierOf } from './vector.ts';

describe('the scheme of Standard Webhooks', () => {
  it('verifies the published vector', () => {
    const webhook = vectorVerifier.verify(vector.headers, vector.body);
    expect(webhook).toMatchObject({ id: 'msg_p5jXN8AQM9LWM0D4loKWxJek', key: '', type: '' });
    expect(webhook.signedAt).toBe(vector.signedAt);
    expect(Buffer.from(webhook.body).toString()).toBe(vector.body);
  });

  it('signs as the published vector is signed', () => {
    const message = messageOf(1, {
      id: vector.headers['webhook-id'],
      body: Buffer.from(vector.body),
    });
    const headers = standardHeaders(message, vector.signedAt, [
      createSecretKey(standardKey(secret)),
    ]);
    expect(headers).toMatchObject(vector.headers);
  });

  it('takes the signature among others, and those of other kinds are passed over', () => {
    const { 'webhook-signature': right, ...rest } = vector.headers;
    const wrong = 'v1,Ceo5qEr07ixe2NLpvHk3FH9bwy/WavXrAFQ/9tdO6mc=';
    const list = [wrong, wrong.replace('v1', 'v2'), 'v1a,abc', right, wrong].join(' ');
    const headers = { ...rest, 'webhook-signature': list };
    expect(vectorVerifier.verify(headers, vector.body).signedAt).toBe(vector.signedAt);
  });

  it('finds headers whatever the case of their names, in each form that servers have', () => {
    const upper = Object.fromEntries(
      Object.entries(vector.headers).map(([name, value]) => [name.toUpperCase(), value]),
    );
    const lists = Object.fromEntries(
      Object.entries(vector.headers).map(([name, value]) => [name, [value]]),
    );
    for (const headers of [upper, lists, new Headers(upper)]) {
      expect(vectorVerifier.verify(headers, vector.body).signedAt).toBe(vector.signedAt);
    }
  });

  it.each([
    ['webhook-id', undefined],
    ['webhook-id', ''],
    ['webhook-timestamp', undefined],
    ['webhook-timestamp', 'hello'],
    ['webhook-timestamp', '1614265330.0'],
    ['webhook-timestamp', '-1614265330'],
    ['webhook-signature', undefined],
    ['webhook-signature', 'v1,'],
    ['webhook-signature', 'g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE='],
    ['webhook-signature', 'v1,g0hM9SsE'],
    ['webhook-signature', 'v1a,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE='],
  ])('refuses a request whose %s is %j', (name, value) => {
    const headers = { ...vector.headers, [name]: value };
    expect(codeOf(() => vectorVerifier.verify(headers, vector.body))).toBe('signatureInvalid');
  });

  it('refuses a header that is there twice, in one case or in two', () => {
    const id = vector.headers['webhook-id'];
    for (const twice of [{ 'webhook-id': [id, id] }, { 'Webhook-Id': id }]) {
      const headers = { ...vector.headers, ...twice };
      expect(codeOf(() => vectorVerifier.verify(headers, vector.body))).toBe('signatureInvalid');
    }
  });

  it('refuses hundreds of signatures before it compares them', () => {
    const list = Array.from({ length: 17 }, () => vector.headers['webhook-signature']).join(' ');
    const headers = { ...vector.headers, 'webhook-signature': list };
    expect(codeOf(() => vectorVerifier.verify(headers, vector.body))).toBe('signatureInvalid');
  });
});

describe('secrets are rotated without a request that fails', () => {
  const { body } = messageOf(1);

  it.each([
    ['both know the old one', [secret], [secret], 'none'],
    ['the sender signs with both', [otherSecret, secret], [secret], 'none'],
    [
      'the sender signs with both, the receiver has moved',
      [otherSecret, secret],
      [otherSecret],
      'none',
    ],
    ['the receiver takes both', [secret], [otherSecret, secret], 'none'],
    ['the sender has let go of the old one', [otherSecret], [secret], 'signatureInvalid'],
    ['the receiver has let go of the old one', [secret], [otherSecret], 'signatureInvalid'],
  ])('%s', (_, senders, receivers, expected) => {
    const headers = signed(messageOf(1), senders);
    expect(codeOf(() => verifierOf(receivers).verify(headers, body))).toBe(expected);
  });
});

describe('the time of signing', () => {
  const { body } = messageOf(1);
  const headers = signed();

  it.each([
    [300_000, 'none'],
    [300_001, 'signatureExpired'],
    [-300_000, 'none'],
    [-300_001, 'signatureExpired'],
  ])('a receiver whose clock is %i ms ahead says: %s', (aheadMs, expected) => {
    expect(codeOf(() => verifierOf([secret], time + aheadMs).verify(headers, body))).toBe(expected);
  });

  it('is not spoken of to whoever cannot sign', () => {
    const late = verifierOf([otherSecret], time + 900_000);
    expect(codeOf(() => late.verify(headers, body))).toBe('signatureInvalid');
  });
});

describe('the body is verified as it came', () => {
  it('in each form that servers have', () => {
    const bytes = Buffer.from(vector.body);
    const buffer = new Uint8Array(bytes).buffer;
    for (const body of [vector.body, bytes, new Uint8Array(bytes), buffer]) {
      expect(vectorVerifier.verify(vector.headers, body).id).toBe(vector.headers['webhook-id']);
    }
  });

  it('and one that was parsed is misuse, with words that help', () => {
    const parsed = JSON.parse(vector.body);
    for (const body of [parsed, null, undefined, 1]) {
      const verify = () => vectorVerifier.verify(vector.headers, body);
      expect(verify).toThrow(/raw body/);
      expect(codeOf(verify)).toBe('invalidArgument');
    }
  });

  it('and not at all when it is too large', () => {
    const verifier = createWebhookVerifier({ secrets: [secret], maximumBodyBytes: 10 });
    expect(codeOf(() => verifier.verify({}, 'x'.repeat(11)))).toBe('messageTooLarge');
    expect(codeOf(() => verifier.verify({}, 'x'.repeat(10)))).toBe('signatureInvalid');
  });
});
