import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { createNatsTransport, type NatsTransportOptions } from 'orderchart/nats';
import { createTcpProxy } from 'orderchart/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startConsumer } from '../../../src/testing/transport-conformance/consumer.ts';
import {
  lane,
  messageOf,
  publishInTurn,
} from '../../../src/testing/transport-conformance/given.ts';
import { root } from '../../docs/markdown.ts';
import { eventually } from '../../eventually.ts';
import type { PrivateServer } from '../../private-server.ts';
import { describeProgram } from '../../services.ts';
import { nackFirst } from '../nack-first.ts';
import { natsPlace, natsServer, password, withUser } from './server.ts';

const minimal = { url: 'nats://127.0.0.1:4222', stream: 'orders', subject: 'shop.orders' };

it.each<[string, Partial<Record<keyof NatsTransportOptions, unknown>>]>([
  ['url', { url: '' }],
  ['url', { url: [] }],
  ['url', { url: 'amqp://127.0.0.1' }],
  ['url', { url: 'nats://shop:secret-word@' }],
  ['stream', { stream: 'a.b' }],
  ['subject', { subject: 'a.>' }],
  ['subject', { subject: '' }],
  ['filterSubject', { filterSubject: 'a b' }],
  ['consumer', { consumer: 'a b' }],
  ['storage', { storage: 'tape' }],
  ['replicas', { replicas: 6 }],
  ['deduplicationWindowMs', { deduplicationWindowMs: 1 }],
  ['ackWaitMs', { ackWaitMs: Number.NaN }],
  ['timeoutMs', { timeoutMs: 0 }],
])('refuses a `%s` that cannot work: %j', (option, given) => {
  const create = () => createNatsTransport({ ...minimal, ...given } as NatsTransportOptions);
  expect(create).toThrow(expect.objectContaining({ code: 'invalidArgument', details: { option } }));
  expect(create).not.toThrow(/secret-word/);
});

it('consumes only with a name for the consumer', () => {
  expect(createNatsTransport(minimal).consume).toBeUndefined();
  expect(createNatsTransport(minimal).features.consumes).toBe(false);
});

describeProgram('nats-server', (path) => {
  let server: PrivateServer;
  beforeAll(async () => {
    server = await natsServer(path, { lines: withUser });
    await server.start();
  });
  afterAll(() => server.remove());

  const addresses = [
    ['in the address', (secret: string) => ({ url: `nats://shop:${secret}@127.0.0.1` })],
    ['in options', (secret: string) => ({ user: 'shop', password: secret })],
    ['as a token', (secret: string) => ({ token: secret })],
    ['as a token in the address', (secret: string) => ({ url: `nats://${secret}@127.0.0.1` })],
  ] as const;

  it.each(addresses)('refused credentials appear in no error: %s', async (_, credentials) => {
    const secret = 'wrong-horse';
    const { url = 'nats://127.0.0.1', ...more } = credentials(secret) as NatsTransportOptions;
    const transport = natsPlace('nats://unused').transport({
      url: `${url}:${server.port}`,
      ...more,
    });
    const error: unknown = await transport.open().catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'transportRefused' });
    expect(inspect(error, { depth: 9 })).toContain(`127.0.0.1:${server.port}`);
    expect(inspect(error, { depth: 9, showHidden: true })).not.toContain(secret);
    await transport.close();
  });

  it('takes credentials in the address, and percent-encoded ones', async () => {
    const encoded = encodeURIComponent(password).replaceAll('-', '%2D');
    const place = natsPlace(`nats://shop:${password}@127.0.0.1:${server.port}`);
    const transport = place.transport({ url: `nats://shop:${encoded}@127.0.0.1:${server.port}` });
    await transport.open();
    await transport.close();
    await place.remove();
  });

  it('works for a user that may do what the documentation says, and no more', async () => {
    const place = natsPlace('nats://unused');
    const { name } = place;
    const consuming = ['$JS.API.CONSUMER.>', '$JS.ACK.>'];
    const publishing = [
      `${name}.>`,
      `$JS.API.STREAM.INFO.${name}`,
      `$JS.API.STREAM.MSG.GET.${name}`,
      `$JS.API.STREAM.CREATE.${name}`,
    ];
    const page = readFileSync(join(root, 'docs/reference/transports/nats.md'), 'utf8');
    for (const subject of [...publishing, ...consuming]) {
      const documented = subject.replace(new RegExp(`^${name}`), '<subject>');
      expect(page).toContain(`\`${documented.replace(name, '<stream>')}\``);
    }
    const user = JSON.stringify({
      user: 'shop',
      password: 'word',
      permissions: { publish: [...publishing, ...consuming], subscribe: ['_INBOX.>'] },
    });
    const own = await natsServer(path, { lines: [`authorization: { users: [${user}] }`] });
    await own.start();
    const transport = place.transport({ url: `nats://shop:word@127.0.0.1:${own.port}` });
    await transport.open();
    const consumer = await startConsumer(transport, { handle: nackFirst }, 30_000);
    await publishInTurn(transport, [...lane('a', 3), ...lane('a', 1)]);
    await consumer.untilCount(6);
    await consumer.settled();
    await consumer.end();
    await transport.close();
    expect(consumer.errors).toEqual([]);
    await own.remove();
  });

  it('an authenticator that fails for a moment ends nothing', async () => {
    let calls = 0;
    const authenticator = () => {
      calls += 1;
      if (calls === 2) throw new Error('no such file');
      return { user: 'shop', pass: password };
    };
    const proxy = await createTcpProxy({ port: server.port });
    const place = natsPlace(`nats://shop:${password}@127.0.0.1:${server.port}`);
    const url = `nats://127.0.0.1:${proxy.port}`;
    const transport = place.transport({ url, clientOptions: { authenticator } });
    await transport.open();
    proxy.cut();
    await eventually('it is published', async () => {
      const [result] = await transport.publish([messageOf(1)]);
      return result?.status === 'published' && calls > 2;
    });
    await transport.close();
    await place.remove();
    await proxy.close();
  });

  it('says so when the server has no JetStream', async () => {
    const plain = await natsServer(path, { hasJetStream: false });
    await plain.start();
    const transport = createNatsTransport({ ...minimal, url: `nats://127.0.0.1:${plain.port}` });
    await expect(transport.open()).rejects.toMatchObject({
      code: 'transportRefused',
      message: expect.stringContaining('-js'),
    });
    await plain.remove();
  });
});
