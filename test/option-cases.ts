import {
  createInbox,
  createInProcessQueue,
  createInProcessTransport,
  createMemoryStore,
} from 'orderchart';
import { createKafkaTransport, fromConfluent } from 'orderchart/kafka';
import { createNatsTransport } from 'orderchart/nats';
import { createPostgresPool, createPostgresStore } from 'orderchart/postgres';
import { createRabbitmqTransport } from 'orderchart/rabbitmq';
import { createRedisTransport } from 'orderchart/redis';
import { createSqliteStore } from 'orderchart/sqlite';
import {
  createOrderHarness,
  faultyStore,
  faultyTransport,
  storeConformance,
  transportConformance,
} from 'orderchart/testing';
import {
  createWebhookMemory,
  createWebhookReceiver,
  createWebhookTransport,
  createWebhookVerifier,
} from 'orderchart/webhook';
import { projectionSettings, subscriptionSettings } from '../src/engine/subscriptions/options.ts';
import { publishSettings } from '../src/engine/transports/publish.ts';
import { receiveSettings } from '../src/engine/transports/receive-options.ts';
import { FakeClient } from './transport/kafka/fake-client.ts';

const secrets = ['whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'];
const nothing = () => undefined;
export const pool = { connect: () => Promise.reject(new Error('never called')) };
const runner = { describe: nothing, it: nothing };
const transport = createInProcessTransport();

/** One function that takes options. */
export interface OptionCase {
  /** Whoever is called, as messages name it. */
  readonly name: string;
  readonly create: (options: never) => unknown;
  /** Options that work; nothing in them is optional. */
  readonly needed: object;
  /** A name that there is not, and the one that was meant. */
  readonly misspelled: readonly [string, string];
  /** Every option that may be left out. */
  readonly optional: readonly string[];
}

/** Every function that takes options, and answers at once. */
export const optionCases: readonly OptionCase[] = [
  {
    name: 'createNatsTransport',
    create: createNatsTransport,
    needed: { url: 'nats://a', stream: 'orders', subject: 'shop.orders' },
    misspelled: ['maximumReconectDelayMs', 'maximumReconnectDelayMs'],
    optional: (
      'connection user password token clientOptions createStream receiveOnly storage replicas maximumAgeMs ' +
      'maximumBytes deduplicationWindowMs rememberedKeys consumer filterSubject deliverFrom ' +
      'ackWaitMs maximumAckPending timeoutMs maximumReconnectDelayMs random'
    ).split(' '),
  },
  {
    name: 'createRedisTransport',
    create: createRedisTransport,
    needed: { url: 'redis://a', stream: 'orders' },
    misspelled: ['maximumLenght', 'maximumLength'],
    optional: (
      'client username password clientOptions maximumLength maximumAgeMs deduplicationWindowMs ' +
      'maximumBodyBytes group consumer deliverFrom claimAfterMs timeoutMs ' +
      'maximumReconnectDelayMs random warn'
    ).split(' '),
  },
  {
    name: 'createRabbitmqTransport',
    create: createRabbitmqTransport,
    needed: { url: 'amqp://a', queue: 'orders' },
    misspelled: ['singleActiveConsumers', 'singleActiveConsumer'],
    optional: (
      'connect exchange bindingKeys queueType declare shards consumeShards singleActiveConsumer ' +
      'maximumBodyBytes connectTimeoutMs publishTimeoutMs heartbeatMs reconnectDelayMs ' +
      'maximumReconnectDelayMs tls random'
    ).split(' '),
  },
  {
    name: 'createKafkaTransport',
    create: createKafkaTransport,
    needed: { client: new FakeClient(), topic: 'orders' },
    misspelled: ['groupID', 'groupId'],
    optional: (
      'groupId from acks maximumBodyBytes connectTimeoutMs publishTimeoutMs sessionTimeoutMs ' +
      'reconnectDelayMs maximumReconnectDelayMs random'
    ).split(' '),
  },
  {
    name: 'fromConfluent',
    create: (options) => fromConfluent({} as never, options),
    needed: {},
    misspelled: ['idempotence', 'idempotent'],
    optional: ['idempotent'],
  },
  {
    name: 'createPostgresStore',
    create: createPostgresStore,
    needed: { pool },
    misspelled: ['statementTimeout', 'statementTimeoutMs'],
    optional:
      'schema migrate statementTimeoutMs answerTimeoutMs lockTimeoutMs time preparedStatements warn'.split(
        ' ',
      ),
  },
  {
    name: 'createPostgresPool',
    create: createPostgresPool,
    needed: { hosts: ['db-1'] },
    misspelled: ['host', 'hosts'],
    optional: ['max', 'connectTimeoutMs', 'config'],
  },
  {
    name: 'createSqliteStore',
    create: createSqliteStore,
    needed: { path: 'orders.db' },
    misspelled: ['busyTimeout', 'busyTimeoutMs'],
    optional: ['synchronous', 'busyTimeoutMs', 'warn'],
  },
  {
    name: 'createWebhookTransport',
    create: createWebhookTransport,
    needed: { url: 'https://shop.example', secrets },
    misspelled: ['allowHTTPs', 'allowHttp'],
    optional: (
      'headers name endpoint allowHttp allowedAddresses maximumRedirects concurrency ' +
      'endpointConcurrency timeoutMs connectTimeoutMs maximumBodyBytes maximumResponseBytes ' +
      'maximumIdleConnections idleTimeoutMs maximumRetryAfterMs refusedStatuses tls lookup onGone ' +
      'now'
    ).split(' '),
  },
  {
    name: 'createWebhookReceiver',
    create: createWebhookReceiver,
    needed: { secrets },
    misspelled: ['rememberMS', 'rememberMs'],
    optional: (
      'scheme toleranceMs maximumBodyBytes acceptUnsignedAttributes now name bodyTimeoutMs ' +
      'bodyGraceMs minimumBodyBytesPerSecond answerTimeoutMs maximumReadingRequests ' +
      'maximumReadingBytes maximumInFlightBytes memory rememberMs onRefused'
    ).split(' '),
  },
  {
    name: 'createWebhookVerifier',
    create: createWebhookVerifier,
    needed: { secrets },
    misspelled: ['tolerance', 'toleranceMs'],
    optional: 'scheme toleranceMs maximumBodyBytes acceptUnsignedAttributes now'.split(' '),
  },
  {
    name: 'createWebhookMemory',
    create: createWebhookMemory,
    needed: {},
    misspelled: ['maxBytes', 'maximumBytes'],
    optional: ['maximumBytes', 'now'],
  },
  {
    name: 'createInbox',
    create: createInbox,
    needed: {},
    misspelled: ['dropOutdated', 'dropsOutdated'],
    optional: ['store', 'maximumIds', 'maximumKeys', 'dropsOutdated'],
  },
  {
    name: 'createInProcessQueue',
    create: createInProcessQueue,
    needed: {},
    misspelled: ['maximumMessage', 'maximumMessages'],
    optional: ['maximumMessages', 'schedule'],
  },
  {
    name: 'createInProcessTransport',
    create: createInProcessTransport,
    needed: {},
    misspelled: ['queues', 'queue'],
    optional: ['queue', 'maximumBodyBytes'],
  },
  {
    name: 'createOrderHarness',
    create: createOrderHarness,
    needed: {},
    misspelled: ['policies', 'policy'],
    optional: 'startAt rules state extensions policy maximumChartEntries'.split(' '),
  },
  {
    name: 'storeConformance',
    create: storeConformance,
    needed: { runner, createStore: createMemoryStore, features: createMemoryStore().features },
    misspelled: ['feature', 'features'],
    optional: [],
  },
  {
    name: 'transportConformance',
    create: transportConformance,
    needed: { runner, createTransport: () => ({ transport }), features: transport.features },
    misspelled: ['provide', 'provides'],
    optional: ['provides', 'patienceMs', 'onSlow'],
  },
  {
    name: 'faultyStore',
    create: (options) => faultyStore(createMemoryStore(), options),
    needed: { seed: 7 },
    misspelled: ['rates', 'rate'],
    optional: ['rate', 'faults'],
  },
  {
    name: 'faultyTransport',
    create: (options) => faultyTransport(transport, options),
    needed: { seed: 7 },
    misspelled: ['fault', 'faults'],
    optional: ['rate', 'faults'],
  },
  {
    name: 'subscribe',
    create: subscriptionSettings,
    needed: { name: 'mails', from: 'now', handler: nothing },
    misspelled: ['concurency', 'concurrency'],
    optional: ['types', 'upgrade', 'concurrency', 'retry'],
  },
  {
    name: 'project',
    create: projectionSettings,
    needed: { name: 'list', handler: nothing },
    misspelled: ['batchsize', 'batchSize'],
    optional: ['from', 'types', 'upgrade', 'batchSize', 'concurrency', 'retry'],
  },
  {
    name: 'startPublishing',
    create: publishSettings,
    needed: { name: 'out', from: 'now', transport },
    misspelled: ['maxBatchSize', 'maximumBatchSize'],
    optional: 'types upgrade mode source concurrency maximumBatchSize retry'.split(' '),
  },
  {
    name: 'startReceiving',
    create: receiveSettings,
    needed: { name: 'in', transport, map: nothing, deadLetter: nothing },
    misspelled: ['onRejects', 'onRejected'],
    optional:
      'tenantId maximumInFlight attemptTimeoutMs retry maximumBodyBytes orderWaitMs onRejected'.split(
        ' ',
      ),
  },
];
