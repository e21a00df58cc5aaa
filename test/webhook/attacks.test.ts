import { createHmac } from 'node:crypto';
import { connect } from 'node:net';
import { createWebhookVerifier, type WebhookScheme } from 'orderchart/webhook';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import {
  codeOf,
  eventually,
  messageOf,
  openTransport,
  receivingServer,
  secret,
  time,
} from './kit.ts';
import { beginRequest, receiving } from './receiver-kit.ts';
import { signed } from './vector.ts';

const unhandled: unknown[] = [];
const note = (error: unknown) => unhandled.push(error);
beforeEach(() => {
  unhandled.length = 0;
  process.on('unhandledRejection', note);
});
afterEach(() => {
  process.off('unhandledRejection', note);
});

/** Sends bytes as they are, and gives the status lines of all that is answered, with a newline each. */
async function raw(port: number, text: string, answers = 1): Promise<readonly string[]> {
  const socket = connect(port, '127.0.0.1');
  onTestFinished(() => void socket.destroy());
  let got = '';
  let isClosed = false;
  socket.on('data', (chunk) => {
    got += chunk.toString('latin1');
  });
  socket.on('error', () => undefined);
  socket.on('close', () => {
    isClosed = true;
  });
  socket.write(text, 'latin1');
  const found = () => [...got.matchAll(/HTTP\/1\.1 (\d{3})/g)].map(([, status = '']) => status);
  await eventually('it is answered', () => isClosed || found().length >= answers);
  return found();
}

/** A whole request, as text. */
function requestText(
  headers: readonly (readonly [string, string])[],
  body: string,
  { chunked = false } = {},
): string {
  const framing = chunked ? 'transfer-encoding: chunked' : `content-length: ${body.length}`;
  const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  const content = chunked ? `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n` : body;
  return `POST / HTTP/1.1\r\nhost: a\r\n${framing}\r\n${lines}\r\n${content}`;
}

const message = messageOf(1);
const body = Buffer.from(message.body).toString();
const genuine = Object.entries(signed(message));
const without = (name: string) => genuine.filter(([one]) => one !== name);
const headerOf = (name: string) => genuine.find(([one]) => one === name)?.[1] ?? '';

describe('over a socket', () => {
  it('a genuine request is taken, in pieces too, and so are several on one connection', async () => {
    const { port, deliveries } = await receiving();
    expect(await raw(port, requestText(genuine, body, { chunked: true }))).toEqual(['204']);
    const second = messageOf(2);
    const other = requestText(Object.entries(signed(second)), Buffer.from(second.body).toString());
    expect(await raw(port, requestText(genuine, body) + other, 2)).toEqual(['204', '204']);
    expect(deliveries).toHaveLength(2);
  });

  it.each(['webhook-id', 'webhook-timestamp', 'webhook-signature', 'orderchart-signature'])(
    '%s twice is refused, whichever of them is genuine',
    async (name) => {
      const { port, deliveries } = await receiving();
      for (const twice of [
        [...genuine, [name, 'x'] as const],
        [[name, 'x'] as const, ...genuine],
        [...genuine, [name, headerOf(name)] as const],
      ]) {
        expect(await raw(port, requestText(twice, body))).toEqual(['401']);
      }
      expect(deliveries).toEqual([]);
    },
  );

  it('an attribute twice is refused', async () => {
    const { port, deliveries } = await receiving();
    for (const name of ['orderchart-key', 'orderchart-headers', 'ce-id']) {
      const twice = [...genuine, [name, headerOf(name)] as const];
      expect(await raw(port, requestText(twice, body)), name).toEqual(['401']);
    }
    expect(deliveries).toEqual([]);
  });

  it('a second encoding does not hide behind the first one', async () => {
    const { port } = await receiving();
    for (const [first, second] of [
      ['identity', 'gzip'],
      ['gzip', 'identity'],
      ['gzip', 'gzip'],
    ]) {
      const encoded = [
        ...genuine,
        ['content-encoding', first ?? ''] as const,
        ['content-encoding', second ?? ''] as const,
      ];
      expect(await raw(port, requestText(encoded, body))).toEqual(['415']);
    }
  });

  it.each([
    ['two lengths', `content-length: ${body.length + 1}`],
    ['a length and pieces', 'transfer-encoding: chunked'],
    ['a header that goes on in the next line', 'x-a: b\r\n webhook-id: c'],
    ['a header that is split by a bare newline', 'x-a: b\nwebhook-id: c'],
  ])('%s are refused before they get here', async (_, line) => {
    const { port, receiver } = await receiving();
    const text = requestText(genuine, body).replace('host: a', `host: a\r\n${line}`);
    const statuses = await raw(port, text);
    expect(statuses.every((status) => status === '400' || status === '401')).toBe(true);
    expect(receiver.stats().delivered).toBe(0);
  });

  it('whoever asks before sending a body is answered without one', async () => {
    const { port, receiver } = await receiving();
    const text = requestText([...without('webhook-id'), ['expect', '100-continue']], '').replace(
      'content-length: 0',
      'content-length: 1000000',
    );
    expect(await raw(port, text, 2)).toEqual(['100', '401']);
    expect(receiver.stats()).toMatchObject({ reading: 0, readingBytes: 0 });
  });

  it('the connection of a refused request serves the next one when its body is through', async () => {
    const { port } = await receiving();
    const refused = requestText(without('webhook-id'), body);
    expect(await raw(port, refused + requestText(genuine, body), 2)).toEqual(['401', '204']);
  });

  it('no header says where a request comes from', async () => {
    const { port, receiver, refused } = await receiving({
      maximumReadingRequests: 2,
      bodyGraceMs: 60_000,
      bodyTimeoutMs: 60_000,
    });
    for (const address of ['203.0.113.1', '203.0.113.2', '203.0.113.3']) {
      const headers = { ...signed(), 'x-forwarded-for': address, forwarded: `for=${address}` };
      const { outgoing } = beginRequest(port, { ...headers, 'content-length': '1000' });
      outgoing.write('{');
    }
    await eventually('one of them is refused', () => refused.length === 1);
    // Nobody made room for it: all three are one sender.
    expect(refused).toEqual(['503 overloaded -']);
    expect(receiver.stats()).toMatchObject({ reading: 2, refused: { crowdedOut: 0 } });
  });
});

describe('a hook of the host that fails', () => {
  const failing = async () => {
    throw new Error('The log is full.');
  };

  it('later than it is called harms nothing, when a request is refused', async () => {
    const { send } = await receiving({ onRefused: failing });
    expect((await send(message, { method: 'GET' })).status).toBe(405);
    expect((await send()).status).toBe(204);
    expect(unhandled).toEqual([]);
  });

  it.each([
    ['at once', thrown],
    ['later', failing],
  ])('%s changes no answer, when an endpoint is gone', async (_, onGone) => {
    const { origin } = await receivingServer((response) => {
      response.statusCode = 410;
      response.end();
    });
    const { publish } = await openTransport({ url: origin, onGone });
    expect(await publish()).toMatchObject({ status: 'refused' });
    expect(unhandled).toEqual([]);
  });

  function thrown(): void {
    throw new Error('The log is full.');
  }
});

describe('what a scheme makes of a genuine request', () => {
  const described = (description: object) => {
    const scheme: WebhookScheme = {
      name: 'Example',
      encoding: 'hex',
      keyOf: (text) => Buffer.from(text),
      read: () => ({
        signedAt: undefined,
        prefix: '',
        signatures: [createHmac('sha256', 'key').update('body').digest('hex')],
      }),
      describe: () => ({ id: 'a', ...description }),
    };
    const verifier = createWebhookVerifier({ secrets: ['key'], scheme });
    return codeOf(() => verifier.verify({}, 'body'));
  };

  it.each([
    ['none', { key: 'k'.repeat(600), type: 't'.repeat(600), sequence: 0 }],
    ['messageInvalid', { key: 'k'.repeat(601) }],
    ['messageInvalid', { key: '\ud800' }],
    ['messageInvalid', { key: 7 }],
    ['messageInvalid', { type: 't'.repeat(601) }],
    ['messageInvalid', { type: null }],
    ['messageInvalid', { sequence: Number.NaN }],
    ['messageInvalid', { sequence: -1 }],
    ['messageInvalid', { sequence: 2 ** 53 }],
    ['messageInvalid', { sequence: '1' }],
    ['messageInvalid', { id: 7 }],
  ])('is %s: %j', (code, description) => {
    expect(described(description)).toBe(code);
  });
});

it('closing waits for no memory that hangs', async () => {
  const asked: string[] = [];
  const memory = {
    has: (key: string) => {
      asked.push(key);
      return new Promise<boolean>(() => undefined);
    },
    add: () => undefined,
  };
  const { send, receiver, refused, errors } = await receiving({ memory, answerTimeoutMs: 100_000 });
  const sending = send();
  await eventually('the memory is asked', () => asked.length === 1);
  await receiver.close();
  expect(await sending).toMatchObject({ status: 503, retryAfter: '5' });
  expect(refused).toEqual(['503 notConsuming message-1']);
  expect(errors).toEqual([]);
  expect(receiver.stats()).toMatchObject({ inFlight: 0, inFlightBytes: 0 });
});

it('the time of a request is checked by what was signed, to the second', async () => {
  const verifier = createWebhookVerifier({ secrets: [secret], now: () => time });
  const late = signed(message, [secret], time - 301_000);
  const moved = { ...late, 'webhook-timestamp': String(time / 1000) };
  expect(codeOf(() => verifier.verify(moved, message.body))).toBe('signatureInvalid');
});
