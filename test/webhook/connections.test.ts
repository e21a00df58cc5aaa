import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { createServer as createTcpServer, type Socket } from 'node:net';
import { isOrderchartError } from 'orderchart';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import {
  eventually,
  listen,
  messageOf,
  openTransport,
  receivingServer,
  secret,
  serverOf,
  told,
} from './kit.ts';

const unavailable = (result: unknown) =>
  expect(result).toMatchObject({ status: 'failed', error: { code: 'transportUnavailable' } });

describe('a receiver that does not answer', () => {
  it('is given up after a time', async () => {
    const { origin, connections } = await receivingServer(() => undefined);
    const { publish } = await openTransport({ url: origin, timeoutMs: 50 });
    const result = await publish();
    unavailable(result);
    expect(told(result)).toContain('not answered within 50 ms');
    await eventually('no connection is left', () =>
      connections.every(({ destroyed }) => destroyed),
    );
  });

  it('is given up when it takes the connection and says nothing', async () => {
    const sockets: Socket[] = [];
    const port = await listen(createTcpServer((socket) => sockets.push(socket)) as never);
    const { publish } = await openTransport({
      url: `https://127.0.0.1:${port}`,
      connectTimeoutMs: 50,
    });
    const result = await publish();
    for (const socket of sockets) socket.destroy();
    unavailable(result);
    expect(told(result)).toContain('no connection within 50 ms');
  });

  it('may take longer than idle connections are kept', async () => {
    const { origin } = await receivingServer((response) => {
      setTimeout(() => response.end(), 200);
    });
    const { publish } = await openTransport({ url: origin, idleTimeoutMs: 20 });
    expect(await publish()).toEqual({ status: 'published' });
  });

  it('is given up when nobody finds its endpoint', async () => {
    const { publish } = await openTransport({
      endpoint: () => new Promise(() => undefined),
      timeoutMs: 50,
    });
    unavailable(await publish());
  });

  it('is not there, or goes away: the message failed', async () => {
    const { origin, server, connections } = await receivingServer((response) => {
      response.socket?.destroy();
    });
    const { publish } = await openTransport({ url: origin });
    unavailable(await publish());
    // On a new connection, so nothing was stale, and it was asked once.
    expect(connections).toHaveLength(1);
    await new Promise((resolve) => server.close(resolve));
    expect(told(await publish())).toContain('ECONNREFUSED');
  });
});

describe('the body of an answer', () => {
  it('is read to its end, so that the connection serves again', async () => {
    const { origin, connections } = await receivingServer((response) => {
      response.end('x'.repeat(60_000));
    });
    const { publish } = await openTransport({ url: origin });
    for (let count = 0; count < 5; count += 1) {
      expect(await publish()).toEqual({ status: 'published' });
    }
    expect(connections).toHaveLength(1);
  });

  it('is not read without end', async () => {
    let written = 0;
    const { origin, received } = await receivingServer((response) => {
      const chunk = Buffer.alloc(65_536);
      const more = () => {
        written += chunk.length;
        if (!response.destroyed) response.write(chunk, () => setImmediate(more));
      };
      more();
    });
    const { publish } = await openTransport({ url: origin, maximumResponseBytes: 100_000 });
    expect(await publish()).toEqual({ status: 'published' });
    await eventually('the connection is closed', () => received[0]?.socket.destroyed === true);
    // What the sockets of both sides hold, and no more.
    expect(written).toBeLessThan(30_000_000);
  });

  it('that never ends keeps nobody for longer than the message may take', async () => {
    const { origin } = await receivingServer((response) => {
      response.writeHead(200).write('half');
    });
    const timeoutMs = 60_000;
    const { publish } = await openTransport({ url: origin, timeoutMs });
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    onTestFinished(() => void vi.useRealTimers());
    let hasAnswer = false;
    const onAnswer = () => {
      hasAnswer = true;
    };
    subscribe('http.client.response.finish', onAnswer);
    onTestFinished(() => void unsubscribe('http.client.response.finish', onAnswer));
    const publishing = publish();
    await eventually('the answer has begun', () => hasAnswer);
    vi.advanceTimersByTime(timeoutMs);
    expect(await publishing).toEqual({ status: 'published' });
  });

  it('that breaks off changes nothing', async () => {
    const { origin } = await receivingServer((response) => {
      response.writeHead(500, { 'content-length': '100' }).write('half');
      setImmediate(() => response.socket?.destroy());
    });
    const { publish } = await openTransport({ url: origin });
    expect(told(await publish())).toContain('answered 500');
  });
});

describe('connections are kept', () => {
  it('and one that its other end has closed meanwhile is replaced without a failure', async () => {
    const { origin, connections } = await receivingServer();
    const { publish } = await openTransport({ url: origin, idleTimeoutMs: 60_000 });
    for (let count = 1; count <= 5; count += 1) {
      expect(await publish()).toEqual({ status: 'published' });
      // Closed so that the sender has not heard of it when it sends the next one.
      connections.at(-1)?.destroySoon();
    }
    expect(connections.length).toBeGreaterThanOrEqual(2);
  });

  it('and a request that a kept connection loses is sent once more, on a new one', async () => {
    const { origin, connections, received } = await receivingServer((response, { socket }) => {
      // The second request on the first connection is read, and never answered.
      if (connections.indexOf(socket) === 0 && received.length === 2) socket.resetAndDestroy();
      else response.end();
    });
    const { publish } = await openTransport({ url: origin });
    expect(await publish(messageOf(1))).toEqual({ status: 'published' });
    expect(await publish(messageOf(2))).toEqual({ status: 'published' });
    expect(received.map(({ headers }) => headers['webhook-id']?.[0])).toEqual([
      'message-1',
      'message-2',
      'message-2',
    ]);
  });

  it('up to a number over all receivers', async () => {
    const servers = await Promise.all([1, 2, 3, 4].map(() => receivingServer()));
    const { transport } = await openTransport({
      endpoint: ({ sequence = 0 }) => ({
        url: servers[sequence]?.origin ?? '',
        secrets: [secret],
      }),
      maximumIdleConnections: 2,
      idleTimeoutMs: 60_000,
    });
    await transport.publish(servers.map((_, index) => messageOf(index)));
    const open = () =>
      servers.flatMap(({ connections }) => connections).filter((one) => !one.destroyed).length;
    await eventually('two are left', () => open() === 2);
    await transport.close();
    await eventually('none is left', () => open() === 0);
  });
});

describe('a redirect', () => {
  const redirecting = (status: number, location: () => string) =>
    receivingServer((response) => response.writeHead(status, { location: location() }).end());

  it.each([301, 302, 303, 307, 308])('by %i is not followed', async (status) => {
    const { origin, received } = await receivingServer();
    const { origin: first } = await redirecting(status, () => origin);
    const { publish } = await openTransport({ url: first });
    const result = await publish();
    expect(result).toMatchObject({ status: 'failed', error: { code: 'transportRefused' } });
    expect(received).toEqual([]);
  });

  it.each([307, 308])(
    'by %i is followed where it is allowed, without our tokens',
    async (status) => {
      const { origin, received } = await receivingServer();
      const { origin: first, received: before } = await redirecting(status, () => `${origin}/new`);
      const { publish } = await openTransport({
        url: first,
        maximumRedirects: 1,
        headers: { authorization: 'Bearer token' },
      });
      expect(await publish()).toEqual({ status: 'published' });
      expect(before[0]?.headers['authorization']).toEqual(['Bearer token']);
      expect(received).toMatchObject([{ path: '/new', method: 'POST' }]);
      expect(received[0]?.body).toEqual(Buffer.from(messageOf(1).body));
      expect(received[0]?.headers).not.toHaveProperty('authorization');
      expect(received[0]?.headers['webhook-signature']).toEqual(
        before[0]?.headers['webhook-signature'],
      );
    },
  );

  it('within the same origin keeps them', async () => {
    const { origin, received } = await receivingServer((response, { path }) => {
      if (path === '/new') response.end();
      else response.writeHead(307, { location: '/new' }).end();
    });
    const { publish } = await openTransport({
      url: origin,
      maximumRedirects: 1,
      headers: { authorization: 'Bearer token' },
    });
    expect(await publish()).toEqual({ status: 'published' });
    expect(received[1]?.headers['authorization']).toEqual(['Bearer token']);
  });

  it('in a circle ends', async () => {
    const { origin, received } = await redirecting(307, () => '/');
    const { publish } = await openTransport({ url: origin, maximumRedirects: 3 });
    expect((await publish()).status).toBe('failed');
    expect(received).toHaveLength(4);
  });

  it.each([
    ['to a private address', 'http://10.0.0.1/', 'public address'],
    ['to another scheme', 'ftp://shop.example/', 'https or http'],
    ['to metadata', 'http://169.254.169.254/latest', 'public address'],
  ])('%s is refused', async (_, location, text) => {
    const { origin } = await redirecting(307, () => location);
    const { publish } = await openTransport({ url: origin, maximumRedirects: 5 });
    const result = await publish();
    expect(told(result)).toContain(text);
    expect(result.status === 'failed' && isOrderchartError(result.error, 'transportRefused')).toBe(
      true,
    );
  });

  it('by a name that resolves to a private address is refused', async () => {
    const { port, connections } = await receivingServer();
    const { origin } = await redirecting(307, () => `http://localhost:${port}/`);
    const { publish } = await openTransport({
      url: origin,
      maximumRedirects: 5,
      // The resolver's answer for `localhost` is not among these.
      allowedAddresses: ['127.0.0.1'],
      lookup: (_hostname, _options, callback) =>
        callback(null, [{ address: '127.0.0.2', family: 4 }]),
    });
    expect(told(await publish())).toContain('localhost has no public address');
    expect(connections).toHaveLength(0);
  });
});

it('a server that breaks the rules of HTTP is a failure like another', async () => {
  const { origin } = await serverOf((request) => request.socket.end('nonsense\r\n\r\n'));
  const { publish } = await openTransport({ url: origin });
  unavailable(await publish());
});
