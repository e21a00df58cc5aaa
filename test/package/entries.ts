/** An entry of the package as hosts import it. */
export interface Entry {
  readonly name: string;
  /** A function or class that must be there, by this name, in both module formats and the types. */
  readonly exported: string;
  /** JavaScript that puts `entry` to use; may await. */
  readonly use: string;
  /** Optional peers that this entry needs; the others must work without them. */
  readonly peers: readonly string[];
}

const place =
  "{ type: 'order.place', currency: 'EUR', lines: [{ id: 'a', quantity: 1, unitPrice: 1 }] }";

/** One row for each entry of `exports` in package.json, in its order. */
export const entries: readonly Entry[] = [
  {
    name: 'orderchart',
    exported: 'createOrderEngine',
    use: `
      const engine = await entry.createOrderEngine();
      assert.equal((await engine.execute(${place})).status, 'accepted');
      await engine.close();`,
    peers: [],
  },
  {
    name: 'orderchart/sqlite',
    exported: 'createSqliteStore',
    use: `
      const store = entry.createSqliteStore({ path: \`orders-\${Date.now()}.db\` });
      await store.open();
      assert.equal(await store.feedEnd(0), 0);
      await store.close();`,
    peers: [],
  },
  {
    name: 'orderchart/postgres',
    exported: 'createPostgresStore',
    // No server is needed to see that it is whole: a pool that is away is told as such.
    use: `
      const pool = { connect: () => Promise.reject(new Error('away')) };
      const store = entry.createPostgresStore({ pool });
      await assert.rejects(store.open(), { code: 'storeUnavailable' });
      assert.match(entry.postgresMigrations('shop')[0].sql, /CREATE TABLE shop.orders/);`,
    peers: [],
  },
  {
    name: 'orderchart/nats',
    exported: 'createNatsTransport',
    // No server is needed to see that it is whole: one that is away is told as such.
    use: `
      const transport = entry.createNatsTransport({ url: 'nats://127.0.0.1:1', stream: 'a', subject: 'a' });
      await assert.rejects(transport.open(), { code: 'transportUnavailable' });`,
    peers: ['@nats-io/transport-node', '@nats-io/jetstream'],
  },
  {
    name: 'orderchart/redis',
    exported: 'createRedisTransport',
    use: `
      const transport = entry.createRedisTransport({ url: 'redis://127.0.0.1:1', stream: 'a' });
      await assert.rejects(transport.open(), { code: 'transportUnavailable' });`,
    peers: ['ioredis'],
  },
  {
    name: 'orderchart/rabbitmq',
    exported: 'createRabbitmqTransport',
    use: `
      const url = 'amqp://orders:secret@127.0.0.1:1';
      const transport = entry.createRabbitmqTransport({ url, queue: 'orders' });
      await assert.rejects(transport.open(), { code: 'transportUnavailable' });
      await transport.close();`,
    peers: ['amqplib'],
  },
  {
    name: 'orderchart/kafka',
    exported: 'createKafkaTransport',
    // Any client will do, also one that finds no topic.
    use: `
      const client = {
        name: 'none',
        countPartitions: async () => undefined,
        createProducer: () => assert.fail(),
        createConsumer: () => assert.fail(),
      };
      const transport = entry.createKafkaTransport({ client, topic: 'orders' });
      await assert.rejects(transport.open(), { code: 'transportRefused' });
      await transport.close();`,
    peers: [],
  },
  {
    name: 'orderchart/webhook',
    exported: 'createWebhookTransport',
    use: `
      const secrets = ['whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'];
      const transport = entry.createWebhookTransport({ url: 'https://127.0.0.2', secrets, allowedAddresses: 'any' });
      await transport.open();
      const message = { id: '1', key: '', type: '', sequence: undefined, headers: {}, body: new Uint8Array(1) };
      assert.equal((await transport.publish([message]))[0].status, 'failed');
      await transport.close();
      const verifier = entry.createWebhookVerifier({ secrets });
      assert.throws(() => verifier.verify({}, ''), { code: 'signatureInvalid' });`,
    peers: [],
  },
  {
    name: 'orderchart/testing',
    exported: 'storeConformance',
    use: `assert.equal(entry.createOrderHarness().execute(${place}).status, 'accepted');`,
    peers: ['fast-check'],
  },
];
