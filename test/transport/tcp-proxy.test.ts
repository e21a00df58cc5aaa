import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { createTcpProxy } from 'orderchart/testing';
import { describe, expect, it, onTestFinished } from 'vitest';

/** A server that sends back what it gets, and a proxy in front of it. */
async function proxied() {
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.pipe(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const proxy = await createTcpProxy({ port: (server.address() as AddressInfo).port });
  onTestFinished(async () => {
    await proxy.close();
    server.close();
  });
  return proxy;
}

function client({ host, port }: { host: string; port: number }): Socket {
  const socket = connect(port, host);
  socket.on('error', () => undefined);
  return socket;
}

async function echo(socket: Socket, text: string): Promise<string> {
  socket.write(text);
  const [answer] = await once(socket, 'data');
  return String(answer);
}

describe('the TCP proxy', () => {
  it('passes everything on, both ways', async () => {
    const proxy = await proxied();
    const socket = client(proxy);
    expect(await echo(socket, 'one')).toBe('one');
    expect(await echo(socket, 'two')).toBe('two');
    socket.destroy();
  });

  it('cuts connections, and lets new ones through', async () => {
    const proxy = await proxied();
    const [one, other] = [client(proxy), client(proxy)];
    await Promise.all([echo(one, 'one'), echo(other, 'other')]);
    proxy.cut();
    await Promise.all([once(one, 'close'), once(other, 'close')]);
    const next = client(proxy);
    expect(await echo(next, 'next')).toBe('next');
    next.destroy();
  });

  it('lets nothing through while it is interrupted', async () => {
    const proxy = await proxied();
    const one = client(proxy);
    await echo(one, 'one');
    const restore = proxy.interrupt();
    await once(one, 'close');
    await once(client(proxy), 'close');
    restore();
    const next = client(proxy);
    expect(await echo(next, 'next')).toBe('next');
    next.destroy();
  });

  it('hangs up when the server cannot be reached', async () => {
    const gone = createServer();
    gone.listen(0, '127.0.0.1');
    await once(gone, 'listening');
    const { port } = gone.address() as AddressInfo;
    gone.close();
    await once(gone, 'close');
    const proxy = await createTcpProxy({ port });
    await once(client(proxy), 'close');
    await proxy.close();
  });

  it('ends with its connections', async () => {
    const proxy = await proxied();
    const socket = client(proxy);
    await echo(socket, 'one');
    await Promise.all([proxy.close(), once(socket, 'close')]);
  });
});
