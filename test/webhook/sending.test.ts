import { isOrderchartError } from 'orderchart';
import { createWebhookVerifier } from 'orderchart/webhook';
import { describe, expect, it } from 'vitest';
import {
  eventually,
  messageOf,
  openTransport,
  receivingServer,
  secret,
  time,
  told,
} from './kit.ts';

describe('a message goes out', () => {
  it('as a POST of its headers and body as they are, signed at this moment', async () => {
    const { origin, received } = await receivingServer();
    const { publish } = await openTransport({
      url: `${origin}/hooks?shop=1`,
      now: () => time + 999,
    });
    expect(await publish(messageOf(7))).toEqual({ status: 'published' });
    const [request] = received;
    expect(request).toMatchObject({ method: 'POST', path: '/hooks?shop=1' });
    expect(request?.headers).toMatchObject({
      'content-type': ['application/json'],
      'content-length': ['12'],
      'user-agent': ['orderchart'],
      'ce-id': ['message-7'],
      'webhook-id': ['message-7'],
      'webhook-timestamp': [String(time / 1000)],
    });
    const verifier = createWebhookVerifier({ secrets: [secret], now: () => time });
    expect(verifier.verify(request?.headers ?? {}, request?.body ?? '')).toMatchObject({
      ...messageOf(7),
      body: Buffer.from('{"number":7}'),
    });
  });

  it('with the id of the first attempt and the time of this one, when it is repeated', async () => {
    const { origin, received } = await receivingServer();
    let now = time;
    const { publish } = await openTransport({ url: origin, now: () => now });
    await publish();
    now += 60_000;
    await publish();
    const sent = received.map(({ headers }) => [
      headers['webhook-id'],
      headers['webhook-timestamp'],
    ]);
    expect(sent).toEqual([
      [['message-1'], [String(time / 1000)]],
      [['message-1'], [String(time / 1000 + 60)]],
    ]);
  });

  it('with the headers and the credentials of its endpoint', async () => {
    const { port, received } = await receivingServer();
    const { publish } = await openTransport({
      url: `http://us%20er:p%C3%A4ss@127.0.0.1:${port}/`,
      headers: { 'X-Gateway': 'token' },
    });
    await publish();
    expect(received[0]?.headers).toMatchObject({
      authorization: [`Basic ${Buffer.from('us er:päss').toString('base64')}`],
      'x-gateway': ['token'],
    });
  });

  it('where the host sends it, or nowhere', async () => {
    const { origin, received } = await receivingServer();
    const { transport } = await openTransport({
      endpoint: async ({ type }) =>
        type === 'order.placed' ? { url: `${origin}/placed`, secrets: [secret] } : undefined,
    });
    const messages = [messageOf(1), messageOf(2, { type: 'order.placed' })];
    expect(await transport.publish(messages)).toEqual([
      { status: 'published' },
      { status: 'published' },
    ]);
    expect(received.map(({ path }) => path)).toEqual(['/placed']);
  });

  it('never with a header that HTTP or the signature needs, or that HTTP would change', async () => {
    const { origin, received } = await receivingServer();
    const { publish } = await openTransport({ url: origin });
    for (const headers of [
      { host: 'elsewhere' },
      { 'transfer-encoding': 'chunked' },
      { 'webhook-id': 'another' },
      { 'orderchart-key': 'another' },
      { 'X-Upper': 'x' },
      { 'x-break': 'a\r\nhost: b' },
      { 'x-umlaut': 'ä' },
    ]) {
      expect(told(await publish(messageOf(1, { headers })))).toMatch(/^refused: A header/);
    }
    expect(received).toEqual([]);
  });

  it('as a dead letter too, whose headers say why', async () => {
    const { origin, received } = await receivingServer();
    const { publish } = await openTransport({ url: origin });
    const headers = { 'orderchart-dead-letter-reason': 'messageInvalid' };
    expect(await publish(messageOf(1, { headers }))).toEqual({ status: 'published' });
    expect(received[0]?.headers).toMatchObject({
      'orderchart-dead-letter-reason': ['messageInvalid'],
    });
  });

  it('so many at a time, and all of them', async () => {
    let atOnce = 0;
    let most = 0;
    const { origin, received } = await receivingServer((response) => {
      atOnce += 1;
      most = Math.max(most, atOnce);
      setImmediate(() => {
        atOnce -= 1;
        response.end();
      });
    });
    const { transport } = await openTransport({ url: origin, concurrency: 3 });
    const messages = Array.from({ length: 30 }, (_, index) => messageOf(index));
    const results = await transport.publish(messages);
    expect(results.map(({ status }) => status)).toEqual(messages.map(() => 'published'));
    expect(received).toHaveLength(30);
    expect(most).toBeLessThanOrEqual(3);
  });
});

describe('what an answer means', () => {
  it.each([
    [200, 'published', undefined],
    [201, 'published', undefined],
    [202, 'published', undefined],
    [204, 'published', undefined],
    [299, 'published', undefined],
    [301, 'failed', 'transportRefused'],
    [308, 'failed', 'transportRefused'],
    [400, 'refused', undefined],
    [401, 'failed', 'transportRefused'],
    [403, 'failed', 'transportRefused'],
    [404, 'failed', 'transportRefused'],
    [405, 'failed', 'transportRefused'],
    [408, 'failed', 'transportUnavailable'],
    [409, 'failed', 'transportUnavailable'],
    [410, 'refused', undefined],
    [413, 'refused', undefined],
    [415, 'refused', undefined],
    [422, 'refused', undefined],
    [425, 'failed', 'transportUnavailable'],
    [429, 'failed', 'transportUnavailable'],
    [500, 'failed', 'transportUnavailable'],
    [502, 'failed', 'transportUnavailable'],
    [503, 'failed', 'transportUnavailable'],
    [504, 'failed', 'transportUnavailable'],
  ] as const)('%i: %s', async (status, expected, code) => {
    const { origin } = await receivingServer((response) => {
      response.writeHead(status).end(status === 204 ? undefined : 'the answer');
    });
    const { publish } = await openTransport({ url: origin });
    const result = await publish();
    expect(result.status).toBe(expected);
    if (code !== undefined) {
      expect(result.status === 'failed' && isOrderchartError(result.error, code)).toBe(true);
    }
    if (expected !== 'published') expect(told(result)).toContain(String(status));
  });

  it('is for the host to say: what is refused for good', async () => {
    const { origin } = await receivingServer((response) => response.writeHead(404).end());
    const { publish } = await openTransport({ url: origin, refusedStatuses: [404] });
    expect(told(await publish())).toMatch(/^refused: .*404/);
  });

  it('410: the host is told which endpoint is gone', async () => {
    const { origin } = await receivingServer((response) => response.writeHead(410).end());
    const gone: unknown[] = [];
    const { publish } = await openTransport({
      endpoint: () => ({ url: origin, secrets: [secret], name: 'customer 7' }),
      onGone: (endpoint) => gone.push(endpoint),
    });
    expect(told(await publish())).toBe("refused: The webhook's receiver customer 7 answered 410.");
    expect(gone).toEqual([{ name: 'customer 7' }]);
  });
});

describe('a receiver that asks to wait', () => {
  const waiting = (retryAfter: string, status = 503) =>
    receivingServer((response) => response.writeHead(status, { 'retry-after': retryAfter }).end());

  async function afterwards(retryAfter: string, status?: number) {
    const { origin, received } = await waiting(retryAfter, status);
    let now = time;
    const { publish } = await openTransport({
      url: origin,
      now: () => now,
      maximumRetryAfterMs: 3_600_000,
    });
    await publish();
    /** Whether a message is sent so long after the answer. */
    return async (waitedMs: number): Promise<boolean> => {
      now = time + waitedMs;
      const before = received.length;
      expect((await publish()).status).toBe('failed');
      return received.length > before;
    };
  }

  it('is left alone for so many seconds', async () => {
    const isSent = await afterwards('120');
    expect(await isSent(0)).toBe(false);
    expect(await isSent(119_999)).toBe(false);
    expect(await isSent(120_000)).toBe(true);
  });

  it('is left alone until a date', async () => {
    const isSent = await afterwards(new Date(time + 30_000).toUTCString(), 429);
    expect(await isSent(29_999)).toBe(false);
    expect(await isSent(30_000)).toBe(true);
  });

  it('for ever is left alone for an hour', async () => {
    const isSent = await afterwards('999999999');
    expect(await isSent(3_599_999)).toBe(false);
    expect(await isSent(3_600_000)).toBe(true);
  });

  it('is not left alone any longer because our clock was set back', async () => {
    const isSent = await afterwards('3600');
    expect(await isSent(-10_000)).toBe(true);
  });

  it.each(['-5', 'soon', '', 'Thu, 01 Jan 1970 00:00:00 GMT'])(
    'with %j has asked for nothing',
    async (text) => {
      const isSent = await afterwards(text);
      expect(await isSent(0)).toBe(true);
    },
  );

  it('for one message alone (500) is asked on for the others', async () => {
    const isSent = await afterwards('120', 500);
    expect(await isSent(0)).toBe(true);
  });

  it('says how long, and other receivers get theirs', async () => {
    const { origin: busy } = await waiting('60');
    const { origin: free } = await receivingServer();
    const { publish } = await openTransport({
      endpoint: ({ type }) => ({ url: type === 'busy' ? busy : free, secrets: [secret] }),
      now: () => time,
    });
    await publish(messageOf(1, { type: 'busy' }));
    const result = await publish(messageOf(1, { type: 'busy' }));
    expect(result.status === 'failed' && result.error).toMatchObject({
      code: 'transportUnavailable',
      details: { retryAfterMs: 60_000 },
    });
    expect(await publish(messageOf(2))).toEqual({ status: 'published' });
  });
});

describe('closing', () => {
  it('waits for what is under way, and answers what waits for its turn', async () => {
    const answers: (() => void)[] = [];
    const { origin } = await receivingServer((response) => {
      answers.push(() => response.end());
    });
    const { transport } = await openTransport({ url: origin, concurrency: 1 });
    const publishing = transport.publish([messageOf(1), messageOf(2)]);
    await eventually('the first request is there', () => answers.length === 1);
    const closing = transport.close();
    answers[0]?.();
    const [first, second] = await publishing;
    await closing;
    expect(first).toEqual({ status: 'published' });
    expect(second?.status === 'failed' && isOrderchartError(second.error, 'transportClosed')).toBe(
      true,
    );
  });

  it('is for good, and nothing is published before `open`', async () => {
    const { transport } = await openTransport({ url: 'https://shop.example' });
    await transport.close();
    const isClosed = { code: 'transportClosed' };
    await expect(transport.open()).rejects.toMatchObject(isClosed);
    await expect(transport.publish([messageOf(1)])).rejects.toMatchObject(isClosed);
  });
});
