import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { expect, it } from 'vitest';
import { takeRefusals } from './alone.ts';

it('a quick test starts no process', () => {
  expect(() => spawn(process.execPath, ['--version'])).toThrow('alone.test.ts is a quick test');
  expect(() => execFileSync(process.execPath, ['--version'])).toThrow('npm run test:faults');
  expect(takeRefusals()).toHaveLength(2);
});

it('a quick test connects to no server that it has not opened itself', async () => {
  expect(() => connect(5432)).toThrow('connects to port 5432');
  expect(() => connect({ host: '127.0.0.1', port: 6379 })).toThrow('connects to port 6379');
  expect(() => connect('/var/run/postgresql/.s.PGSQL.5432')).toThrow('is a quick test');
  await expect(fetch('http://127.0.0.1:4222')).rejects.toThrow();
  expect(takeRefusals()).toHaveLength(4);
});

it('what the code under test has caught is reported all the same', () => {
  try {
    connect(5672);
  } catch {
    // As an adapter would that tries again later.
  }
  expect(takeRefusals()).toEqual([expect.stringContaining('connects to port 5672')]);
});

it('a lookup that lets the connection through does not hide it', async () => {
  const lookup = (_host: string, _options: unknown, done: (...answer: unknown[]) => void) =>
    done(null, [{ address: '127.0.0.1', family: 4 }]);
  const socket = connect({ host: 'shop.example', port: 1, lookup: lookup as never });
  await once(socket, 'error');
  expect(takeRefusals()).toEqual([expect.stringContaining('127.0.0.1:1')]);
});

it('a server of its own is reached', async () => {
  await using server = createServer((socket) => socket.end('hello')).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  const [text] = await once(socket.setEncoding('utf8'), 'data');
  expect(text).toBe('hello');
  expect(takeRefusals()).toEqual([]);
});
