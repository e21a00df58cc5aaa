import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../free-port.ts';
import type { PrivateServer } from '../../private-server.ts';
import { pathOf } from '../../program-path.ts';
import { startMockCluster } from '../../transport/kafka/mock-cluster.ts';
import { natsPlace, natsServer } from '../../transport/nats/server.ts';
import { rabbitmqNode } from '../../transport/rabbitmq/node.ts';
import { redisPlace, redisServer } from '../../transport/redis/server.ts';
import type { BrokerAddress } from './broker-address.ts';
import type { ConsumerProcess } from './consumer-handle.ts';

/** One way for a broker to be away for a while. */
export interface Outage {
  /** In words, for the findings: `kills of the broker`. */
  readonly name: string;
  begin(): void | Promise<void>;
  end(): void | Promise<void>;
}

/** A broker of one's own that runs, and may be stopped, killed and frozen. */
export interface Broker extends AsyncDisposable {
  readonly address: BrokerAddress;
  /** For webhooks the consumer is all there is of a broker. */
  readonly outages: (consumer: ConsumerProcess) => readonly [Outage, ...Outage[]];
  /** The ids of all messages that it holds, in its order; only where publishers are fenced. */
  readonly stored?: () => Promise<readonly string[]>;
}

/** Well below what a process waits for by default, so that a broker that hangs is found out. */
const timeoutMs = 1_000;

/** So short that a repetition is not recognized by its id after an outage or a freeze. */
const deduplicationWindowMs = 100;

export async function startNats(): Promise<Broker> {
  const server = await natsServer(programOf('nats-server'));
  await server.start();
  const place = natsPlace(`nats://127.0.0.1:${server.port}`);
  return {
    address: { kind: 'nats', options: { ...place.options, timeoutMs, deduplicationWindowMs } },
    outages: () => outagesOf(server),
    stored: async () => (await place.stored()).map(({ id }) => id),
    [Symbol.asyncDispose]: async () => {
      await place.remove();
      await server.remove();
    },
  };
}

export async function startRedis(): Promise<Broker> {
  const server = await redisServer(programOf('redis-server'));
  await server.start();
  const place = redisPlace(`redis://127.0.0.1:${server.port}`);
  const { warn: _, ...options } = place.options;
  return {
    address: { kind: 'redis', options: { ...options, timeoutMs, deduplicationWindowMs } },
    outages: () => outagesOf(server),
    [Symbol.asyncDispose]: async () => {
      place.client.disconnect();
      await server.remove();
    },
  };
}

function outagesOf(server: PrivateServer): readonly [Outage, ...Outage[]] {
  return [
    { name: 'kills of the broker', begin: () => server.stop('SIGKILL'), end: server.start },
    { name: 'orderly stops of the broker', begin: () => server.stop('SIGTERM'), end: server.start },
    {
      name: 'freezes of the broker',
      begin: () => server.signal('SIGSTOP'),
      end: () => server.signal('SIGCONT'),
    },
  ];
}

export async function startRabbitmq(): Promise<Broker> {
  const folder = mkdtempSync(join(tmpdir(), 'orderchart-rabbitmq-'));
  const node = await rabbitmqNode(folder);
  await node.start();
  const options = {
    url: node.url,
    queue: 'orders',
    publishTimeoutMs: timeoutMs,
    reconnectDelayMs: 20,
    maximumReconnectDelayMs: 200,
  };
  return {
    address: { kind: 'rabbitmq', options },
    outages: () => [
      { name: 'kills of the broker', begin: () => node.stop('SIGKILL'), end: node.start },
      { name: 'orderly stops of the broker', begin: () => node.stop(), end: node.start },
      { name: 'freezes of the broker', begin: node.freeze, end: node.thaw },
    ],
    [Symbol.asyncDispose]: async () => {
      await node.stop('SIGKILL');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** The mock cluster forgets everything when it stops, so only the way to it is cut. */
export async function startKafka(): Promise<Broker> {
  const cluster = await startMockCluster(programOf('kcat'));
  let restore = (): void => undefined;
  return {
    address: { kind: 'kafka', server: cluster.address, topic: 'orders' },
    outages: () => [
      {
        name: 'cuts of the way to the broker',
        begin: () => {
          restore = cluster.proxy.interrupt();
        },
        end: () => restore(),
      },
    ],
    [Symbol.asyncDispose]: () => cluster.stop(),
  };
}

/** Guards nothing. */
const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;

export async function startWebhook(): Promise<Broker> {
  return {
    address: { kind: 'webhook', port: await freePort(), secret },
    outages: (consumer) => [
      {
        name: 'kills of the receiver',
        begin: () => consumer.end('SIGKILL'),
        end: () => consumer.start(),
      },
      {
        name: 'orderly stops of the receiver',
        begin: () => consumer.end(),
        end: () => consumer.start(),
      },
      {
        name: 'freezes of the receiver',
        begin: () => consumer.signal('SIGSTOP'),
        end: () => consumer.signal('SIGCONT'),
      },
    ],
    [Symbol.asyncDispose]: async () => undefined,
  };
}

function programOf(name: string): string {
  const path = pathOf(name);
  if (path === undefined) throw new Error(`There is no program ${name} in the path.`);
  return path;
}
