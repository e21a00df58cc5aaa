import {
  createWebhookMemory,
  createWebhookReceiver,
  createWebhookTransport,
  createWebhookVerifier,
} from 'orderchart/webhook';
import { describe, expect, it } from 'vitest';
import { isOrderchartError } from '../../src/errors.ts';
import { codeOf, messageOf, openTransport, secret, told } from './kit.ts';

const url = 'https://user:p4ssw0rd@shop.example/t0ken-in-path?key=t0ken-in-query';
const secrets = [secret];
const hidden = /p4ssw0rd|t0ken|MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw|c2hvcnQ/;

describe('options that cannot work are found at the start, by name', () => {
  it.each([
    ['url', { url: '' }],
    ['url', { url: 'shop.example' }],
    ['url', { url: 'https://shop.example:t0ken' }],
    ['url', { url: 'http://user:p4ssw0rd@shop.example/t0ken' }],
    ['url', { url: 'ftp://shop.example/t0ken' }],
    ['url', { url: 'file:///t0ken' }],
    ['url', { url: 'https://%E0%A4:p4ssw0rd@shop.example' }],
    ['url', { url: undefined }],
    ['url', { url: `https://shop.example/${'t0ken'.repeat(2_000)}` }],
    ['secrets', { secrets: [] }],
    ['secrets', { secrets: secret }],
    ['secrets', { secrets: [undefined] }],
    ['secrets', { secrets: ['whsec_c2hvcnQ='] }],
    ['secrets', { secrets: ['whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw!'] }],
    ['secrets', { secrets: [`whsec_${'MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'.repeat(3)}`] }],
    ['secrets', { secrets: Array.from({ length: 9 }, () => secret) }],
    ['headers', { headers: { host: 't0ken' } }],
    ['headers', { headers: { 'webhook-id': 't0ken' } }],
    ['headers', { headers: { authorization: 't0ken\r\n' } }],
    ['headers', { headers: null }],
    ['name', { name: '' }],
    ['endpoint', { url, endpoint: () => undefined }],
    ['endpoint', { url: undefined, secrets: undefined, endpoint: 'https://shop.example' }],
    ['allowHttp', { allowHttp: 'yes' }],
    ['timeoutMs', { timeoutMs: 0 }],
    ['timeoutMs', { timeoutMs: 2 ** 31 }],
    ['connectTimeoutMs', { connectTimeoutMs: Number.NaN }],
    ['concurrency', { concurrency: 0 }],
    ['endpointConcurrency', { endpointConcurrency: 0 }],
    ['endpointConcurrency', { concurrency: 4, endpointConcurrency: 5 }],
    ['maximumBodyBytes', { maximumBodyBytes: 0.5 }],
    ['maximumRedirects', { maximumRedirects: 11 }],
    ['maximumRetryAfterMs', { maximumRetryAfterMs: -1 }],
    ['refusedStatuses', { refusedStatuses: [200] }],
    ['refusedStatuses', { refusedStatuses: 404 }],
    ['tls', { tls: { rejectUnauthorized: false } }],
    ['tls', { tls: null }],
    ['lookup', { lookup: '1.1.1.1' }],
    ['onGone', { onGone: true }],
    ['timeout', { timeout: 1 }],
    ['now', { now: 0 }],
  ])('createWebhookTransport: %s in %j', (option, options) => {
    const make = () => createWebhookTransport({ url, secrets, ...options } as never);
    expect(codeOf(make)).toBe('invalidArgument');
    expect(errorOf(make).details['option']).toBe(option);
    expect(errorOf(make).message).not.toMatch(hidden);
    expect(JSON.stringify(errorOf(make).details)).not.toMatch(hidden);
  });

  it.each([
    ['secrets', { secrets: ['whsec_c2hvcnQ='] }],
    ['toleranceMs', { toleranceMs: 0 }],
    ['maximumBodyBytes', { maximumBodyBytes: 0 }],
    ['acceptUnsignedAttributes', { acceptUnsignedAttributes: 1 }],
    ['now', { now: 'now' }],
    ['secret', { secret }],
  ])('createWebhookVerifier and createWebhookReceiver: %s in %j', (option, options) => {
    for (const create of [createWebhookVerifier, createWebhookReceiver]) {
      const make = () => create({ secrets, ...options } as never);
      expect(codeOf(make)).toBe('invalidArgument');
      expect(errorOf(make).details['option']).toBe(option);
      expect(errorOf(make).message).toContain(create.name);
      expect(errorOf(make).message).not.toMatch(hidden);
    }
  });

  it.each([
    ['bodyTimeoutMs', { bodyTimeoutMs: 0 }],
    ['answerTimeoutMs', { answerTimeoutMs: 2 ** 31 }],
    ['maximumReadingRequests', { maximumReadingRequests: 0 }],
    ['rememberMs', { rememberMs: 599_999 }],
    ['memory', { memory: {} }],
    ['name', { memory: createWebhookMemory() }],
    ['name', { name: '' }],
    ['name', { name: 'é' }],
    ['bodyGraceMs', { bodyGraceMs: 0 }],
    ['minimumBodyBytesPerSecond', { minimumBodyBytesPerSecond: -1 }],
    ['maximumReadingBytes', { maximumReadingBytes: 1 }],
    ['maximumInFlightBytes', { maximumInFlightBytes: 1_048_576 }],
    ['onRefused', { onRefused: 'log' }],
  ])('createWebhookReceiver: %s in %j', (option, options) => {
    const make = () => createWebhookReceiver({ secrets, ...options } as never);
    expect(codeOf(make)).toBe('invalidArgument');
    expect(errorOf(make).details['option']).toBe(option);
  });

  it.each([
    ['maximumBytes', { maximumBytes: 0 }],
    ['maximumIds', { maximumIds: 1 }],
    ['now', { now: 0 }],
  ])('createWebhookMemory: %s in %j', (option, options) => {
    const make = () => createWebhookMemory(options as never);
    expect(codeOf(make)).toBe('invalidArgument');
    expect(errorOf(make).details['option']).toBe(option);
  });

  it('bounds in bytes leave room for one body, whatever its size is', () => {
    const receive = (options: object) => () => createWebhookReceiver({ secrets, ...options });
    const maximumBodyBytes = 2 ** 30;
    expect(codeOf(receive({ maximumBodyBytes }))).toBe('none');
    for (const option of ['maximumReadingBytes', 'maximumInFlightBytes']) {
      const make = receive({ maximumBodyBytes, [option]: maximumBodyBytes });
      expect(errorOf(make).details['option']).toBe(option);
      expect(codeOf(receive({ maximumBodyBytes: 1_000, [option]: 100_000 }))).toBe('none');
    }
  });

  it('the secret may do without its prefix, as in the libraries of the standard', () => {
    const bare = secret.replace('whsec_', '');
    expect(codeOf(() => createWebhookVerifier({ secrets: [bare] }))).toBe('none');
  });
});

describe('nothing that is told holds a secret', () => {
  const failing = (code: string) => (_hostname: unknown, _options: unknown, callback: unknown) =>
    (callback as (error: Error) => void)(Object.assign(new Error('no'), { code }));

  it('of the endpoint, when it cannot be reached', async () => {
    const { publish } = await openTransport({ url, lookup: failing('ENOTFOUND') as never });
    const result = await publish(messageOf(1, { body: Buffer.from('t0ken-in-body') }));
    expect(told(result)).toContain('https://shop.example');
    expect(everything(result)).not.toMatch(hidden);
  });

  it.each([
    ['url', { url: 'http://user:p4ssw0rd@shop.example/t0ken', secrets }],
    ['url', { url: 'https://10.0.0.1/t0ken', secrets }],
    ['url', { url: 't0ken', secrets }],
    ['secrets', { url, secrets: ['whsec_c2hvcnQ='] }],
    ['headers', { url, secrets, headers: { host: 't0ken' } }],
  ])(
    'of an endpoint that the host found, and whose %s cannot be used',
    async (option, endpoint) => {
      const { publish } = await openTransport({ endpoint: () => endpoint, allowHttp: false });
      const result = await publish();
      expect(result).toMatchObject({
        status: 'failed',
        error: { code: 'transportRefused', details: { option } },
      });
      expect(everything(result)).not.toMatch(hidden);
    },
  );

  it('and a host that finds none may try again', async () => {
    const failure = new Error('The database is away.');
    const { publish } = await openTransport({
      endpoint: () => {
        throw failure;
      },
    });
    expect(await publish()).toEqual({ status: 'failed', error: failure });
  });
});

function errorOf(work: () => unknown) {
  try {
    work();
  } catch (error) {
    if (isOrderchartError(error)) return error;
  }
  throw new Error('It did not throw what it should.');
}

/** All texts in an error and its causes. */
function everything(value: unknown, depth = 0): string {
  if (typeof value !== 'object' || value === null || depth > 4) return String(value);
  return Object.getOwnPropertyNames(value)
    .map((name) => everything(Reflect.get(value, name), depth + 1))
    .join('\n');
}
