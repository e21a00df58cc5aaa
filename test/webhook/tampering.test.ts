import fc from 'fast-check';
import { createWebhookVerifier } from 'orderchart/webhook';
import { describe, expect, it } from 'vitest';
import { codeOf, messageOf, secret, time } from './kit.ts';
import { signed, vector, vectorVerifier, verifierOf } from './vector.ts';

describe('whatever is changed on the way is refused', () => {
  const message = messageOf(1);
  const headers = signed(message);
  const verifier = verifierOf([secret]);
  const flipped = (bytes: Uint8Array, bit: number): Buffer => {
    const copy = Buffer.from(bytes);
    copy[bit >> 3] = (copy[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    return copy;
  };

  it('as it was sent, it is taken', () => {
    expect(verifier.verify(headers, message.body)).toMatchObject({
      id: message.id,
      key: message.key,
      type: message.type,
      sequence: message.sequence,
      headers: message.headers,
    });
  });

  it('any bit of the body', () => {
    for (let bit = 0; bit < message.body.length * 8; bit += 1) {
      const body = flipped(message.body, bit);
      expect(codeOf(() => verifier.verify(headers, body))).toBe('signatureInvalid');
    }
  });

  it('any bit of any header that is sent', () => {
    for (const [name, value] of Object.entries(headers)) {
      for (let bit = 0; bit < value.length * 8; bit += 1) {
        const changed = flipped(Buffer.from(value, 'latin1'), bit).toString('latin1');
        const code = codeOf(() => verifier.verify({ ...headers, [name]: changed }, message.body));
        expect(code, `${name}: ${changed}`).toBe('signatureInvalid');
      }
    }
  });

  it('any header that is left out, where it belongs to the signed ones', () => {
    for (const name of Object.keys(headers).filter((one) => one !== 'orderchart-signature')) {
      const { [name]: _, ...rest } = headers;
      expect(
        codeOf(() => verifier.verify(rest, message.body)),
        name,
      ).toBe('signatureInvalid');
    }
  });

  it('bytes that are added, taken away or put elsewhere, of any message', () => {
    const bodies = fc.uint8Array({ maxLength: 64 });
    fc.assert(
      fc.property(bodies, bodies, (body, other) => {
        fc.pre(!Buffer.from(body).equals(Buffer.from(other)));
        const sent = signed(messageOf(1, { body }));
        expect(codeOf(() => verifier.verify(sent, body))).toBe('none');
        expect(codeOf(() => verifier.verify(sent, other))).toBe('signatureInvalid');
      }),
    );
  });

  it('what ends the id and begins the time and the body, for ids with stops', () => {
    // (id `a.<now>`, body `b`) and (id `a`, body `<now>.b`) would be one text.
    const seconds = String(time / 1000);
    const sent = signed(messageOf(1, { id: `a.${seconds}`, body: Buffer.from('b') }));
    const forged = {
      'webhook-id': 'a',
      'webhook-timestamp': seconds,
      'webhook-signature': sent['webhook-signature'],
    };
    const code = codeOf(() => verifier.verify(forged, Buffer.from(`${seconds}.b`)));
    expect(code).toBe('signatureInvalid');
    expect(verifier.verify(sent, Buffer.from('b')).id).toBe(`a.${seconds}`);
  });

  it('headers that the sender has not signed, by having no attributes of an event', () => {
    const added = {
      ...vector.headers,
      'ce-type': 'payment.captured',
      'content-type': 'text/plain',
    };
    const webhook = vectorVerifier.verify(added, vector.body);
    expect(webhook.headers).toEqual({ 'content-type': 'text/plain' });
    const trusting = createWebhookVerifier({
      secrets: [secret],
      now: () => vector.signedAt,
      acceptUnsignedAttributes: true,
    });
    expect(trusting.verify(added, vector.body).headers).toMatchObject({
      'ce-type': 'payment.captured',
    });
  });

  it('headers that a proxy has added do not matter, and stay out of the message', () => {
    const added = { ...headers, 'x-forwarded-for': '1.1.1.1', via: 'proxy', 'ce-time': 'now' };
    expect(verifier.verify(added, message.body).headers).toEqual(message.headers);
  });

  it('the trace, which hops rewrite, is taken as it comes; that of the event is not', () => {
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    const own = { ...message.headers, 'ce-traceparent': traceparent };
    const sent = signed(messageOf(1, { headers: { ...own, traceparent, tracestate: 'a=1' } }));
    const verify = (changes: object) => verifier.verify({ ...sent, ...changes }, message.body);
    const next = { traceparent: traceparent.replace('-b7', '-c8'), tracestate: 'hop=2,a=1' };
    expect(verify({}).headers).toEqual({ ...own, traceparent, tracestate: 'a=1' });
    expect(verify(next).headers).toEqual({ ...own, ...next });
    const dropped = { traceparent: undefined, tracestate: undefined };
    expect(verify(dropped).headers).toEqual(own);
    const added = verifier.verify({ ...headers, ...next }, message.body);
    expect(added.headers).toEqual({ ...message.headers, ...next });
    const forged = { 'ce-traceparent': next.traceparent };
    expect(codeOf(() => verify(forged))).toBe('signatureInvalid');
  });

  it('one signature does not do for another thing that is signed', () => {
    // What the signature of the attributes was made over, given out as a body.
    const names = Object.keys(message.headers).sort();
    const own = ['key', 'type', 'sequence', 'headers'].map((part) => headers[`orderchart-${part}`]);
    const body = JSON.stringify([own, names.map((name) => [name, message.headers[name]])]);
    const forged = {
      'webhook-id': headers['webhook-id'],
      'webhook-timestamp': headers['webhook-timestamp'],
      'webhook-signature': headers['orderchart-signature'],
    };
    expect(codeOf(() => verifier.verify(forged, body))).toBe('signatureInvalid');
  });
});

describe('every message comes out as it went in', () => {
  const headerText = fc.stringMatching(/^([\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?)?$/);
  const messages = fc.record({
    id: fc.stringMatching(/^[\x21-\x7e]{1,200}$/),
    key: fc.string({ unit: 'binary', maxLength: 50 }),
    type: fc.string({ unit: 'grapheme', maxLength: 50 }),
    sequence: fc.option(fc.nat(), { nil: undefined }),
    headers: fc.dictionary(fc.stringMatching(/^(ce|x)-[a-z0-9]{1,20}$/), headerText),
    body: fc.uint8Array(),
  });

  it('id, key, type, sequence, headers and body', () => {
    fc.assert(
      fc.property(messages, (message) => {
        const { signedAt, ...received } = verifierOf([secret]).verify(
          signed(message),
          Buffer.from(message.body),
        );
        expect(signedAt).toBe(time);
        expect({ ...received, body: new Uint8Array(received.body) }).toEqual({
          ...message,
          headers: { ...message.headers },
        });
      }),
    );
  });
});
