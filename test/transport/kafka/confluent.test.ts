import type { KafkaClient, KafkaIncomingRecord, KafkaSink } from 'orderchart/kafka';
import { type ConfluentKafka, fromConfluent } from 'orderchart/kafka';
import { describe, expect, it } from 'vitest';
import type { ConfluentBatch } from '../../../src/transport/kafka/confluent-batches.ts';
import { eventually } from '../../eventually.ts';

// The contract with Confluent's client: what it is told, and what is made of what it says. It needs
// a native binary that cannot be installed everywhere, so it is tested against a fake.

/** Keeps what a client of this shape is told. */
class FakeKafka {
  readonly calls: [string, unknown?][] = [];
  eachBatch: ((batch: ConfluentBatch) => Promise<void>) | undefined;
  metadata: () => Promise<unknown[]> = async () => [{ name: 'events', partitions: [{}, {}, {}] }];

  admin(): ReturnType<ConfluentKafka['admin']> {
    return {
      connect: async () => this.#call('admin.connect'),
      disconnect: async () => this.#call('admin.disconnect'),
      fetchTopicMetadata: () => this.metadata(),
    };
  }

  producer(config?: object): ReturnType<ConfluentKafka['producer']> {
    this.#call('producer', config);
    return {
      connect: async () => this.#call('producer.connect'),
      disconnect: async () => this.#call('producer.disconnect'),
      send: async (record) => this.#call('send', record),
    };
  }

  consumer(config: object): ReturnType<ConfluentKafka['consumer']> {
    this.#call('consumer', config);
    return {
      connect: async () => this.#call('consumer.connect'),
      disconnect: async () => this.#call('consumer.disconnect'),
      subscribe: async (subscription) => this.#call('subscribe', subscription),
      run: async ({ eachBatch, ...rest }) => {
        this.eachBatch = eachBatch;
        this.#call('run', rest);
      },
      commitOffsets: async (offsets) => this.#call('commitOffsets', offsets),
    };
  }

  told(name: string): unknown {
    return this.calls.findLast(([called]) => called === name)?.[1];
  }

  #call(name: string, value?: unknown): void {
    this.calls.push([name, value]);
  }
}

class RecordingSink implements KafkaSink {
  readonly records: KafkaIncomingRecord[] = [];
  readonly failures: unknown[] = [];
  assignments = 0;
  space = Number.POSITIVE_INFINITY;
  #waiting: (() => void)[] = [];

  assigned(): void {
    this.assignments += 1;
  }

  room(): Promise<void> {
    if (this.space > 0) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  makeRoom(): void {
    this.space += 1;
    this.#waiting.shift()?.();
  }

  record(record: KafkaIncomingRecord): void {
    this.space -= 1;
    this.records.push(record);
  }

  failed(error: unknown): void {
    this.failures.push(error);
  }
}

const consumerOptions = {
  topic: 'events',
  groupId: 'billing',
  sessionTimeoutMs: 6_000,
  from: 'beginning',
} as const;

function batchOf(
  offsets: readonly number[],
  overrides: Partial<ConfluentBatch> = {},
): ConfluentBatch & { readonly resolved: string[] } {
  const resolved: string[] = [];
  return {
    resolved,
    batch: {
      partition: 2,
      highWatermark: '5',
      messages: offsets.map((offset) => ({
        offset: `${offset}`,
        key: Buffer.from('k'),
        value: Buffer.from('v'),
        headers: { one: Buffer.from('1'), several: ['a', Buffer.from('b')], none: undefined },
      })),
    },
    resolveOffset: (offset) => resolved.push(offset),
    heartbeat: async () => undefined,
    isRunning: () => true,
    isStale: () => false,
    ...overrides,
  };
}

const clientOf = (kafka: FakeKafka): KafkaClient => fromConfluent(kafka);

describe('confluent', () => {
  it('has a name, and counts partitions without creating a topic', async () => {
    const kafka = new FakeKafka();
    const client = clientOf(kafka);
    expect(client.name).toBe('confluent');
    expect(await client.countPartitions('events')).toBe(3);
    expect(await client.countPartitions('others')).toBeUndefined();
    expect(kafka.calls.filter(([call]) => call === 'admin.disconnect')).toHaveLength(2);
  });

  it('tells a topic that is not there from a broker that is not', async () => {
    const kafka = new FakeKafka();
    const unknown = Object.assign(new Error('x'), { type: 'UNKNOWN_TOPIC_OR_PARTITION' });
    kafka.metadata = () => Promise.reject(new Error('retries exceeded', { cause: unknown }));
    expect(await clientOf(kafka).countPartitions('events')).toBeUndefined();
    kafka.metadata = () => Promise.reject(new Error('nobody is there'));
    await expect(clientOf(kafka).countPartitions('events')).rejects.toThrow('nobody is there');
  });

  it('sends records with key and headers, and waits for all replicas in sync', async () => {
    const kafka = new FakeKafka();
    const producer = clientOf(kafka).createProducer();
    await producer.connect();
    const record = { key: Buffer.from('k'), value: Buffer.from('v'), headers: { ce_id: '1' } };
    await producer.send('events', [record]);
    const settings = JSON.stringify([kafka.told('producer'), kafka.told('send')]);
    expect(settings).toContain('"acks":-1');
    expect(settings).toContain('"idempotent":true');
    expect(settings).toContain('"allowAutoTopicCreation":false');
    expect(kafka.told('send')).toMatchObject({ topic: 'events', messages: [record] });
    await producer.close();
    expect(kafka.calls.at(-1)?.[0]).toBe('producer.disconnect');
  });

  it('consumes in a group that commits only what it is told to', async () => {
    const kafka = new FakeKafka();
    const consumer = clientOf(kafka).createConsumer(consumerOptions);
    await consumer.start(new RecordingSink());
    const settings = JSON.stringify([
      kafka.told('consumer'),
      kafka.told('subscribe'),
      kafka.told('run'),
    ]);
    expect(settings).toContain('"groupId":"billing"');
    expect(settings).toContain('"autoCommit":false');
    expect(settings).toContain('"eachBatchAutoResolve":false');
    expect(settings).toContain('"fromBeginning":true');
    await consumer.commit(new Map([[2, 7n]]));
    expect(kafka.told('commitOffsets')).toEqual([{ topic: 'events', partition: 2, offset: '7' }]);
    await consumer.close();
    expect(kafka.calls.at(-1)?.[0]).toBe('consumer.disconnect');
  });

  it('gives each record, and says which were there before the partition was ours', async () => {
    const kafka = new FakeKafka();
    const sink = new RecordingSink();
    await clientOf(kafka).createConsumer(consumerOptions).start(sink);
    const batch = batchOf([3, 4, 6]);
    await kafka.eachBatch?.(batch);
    const later = batchOf([7]);
    await kafka.eachBatch?.({ ...later, batch: { ...later.batch, highWatermark: '8' } });
    expect(
      sink.records.map(({ offset, mayHaveComeBefore }) => [offset, mayHaveComeBefore]),
    ).toEqual([
      [3n, true],
      [4n, true],
      [6n, false],
      [7n, false],
    ]);
    expect(sink.records[0]).toMatchObject({ partition: 2, key: Buffer.from('k') });
    expect([...(sink.records[0]?.headers ?? [])]).toEqual([
      ['one', '1'],
      ['several', 'b'],
    ]);
    expect(batch.resolved).toEqual(['3', '4', '6']);
  });

  it('waits for room, and resolves no record that it has not given', async () => {
    const kafka = new FakeKafka();
    const sink = new RecordingSink();
    sink.space = 1;
    await clientOf(kafka).createConsumer(consumerOptions).start(sink);
    let isRunning = true;
    const batch = batchOf([1, 2, 3], { isRunning: () => isRunning });
    const reading = kafka.eachBatch?.(batch);
    await eventually('the first record is given', () => sink.records.length === 1);
    sink.makeRoom();
    await eventually('the second record is given', () => sink.records.length === 2);
    isRunning = false;
    sink.makeRoom();
    await reading;
    expect(batch.resolved).toEqual(['1', '2']);
  });

  it('gives nothing of a batch that has become stale', async () => {
    const kafka = new FakeKafka();
    const sink = new RecordingSink();
    await clientOf(kafka).createConsumer(consumerOptions).start(sink);
    await kafka.eachBatch?.(batchOf([1], { isStale: () => true }));
    expect(sink.records).toEqual([]);
  });

  it('lives on while it waits for room, and leaves the batch when the group says so', async () => {
    const kafka = new FakeKafka();
    const sink = new RecordingSink();
    sink.space = 0;
    const options = { ...consumerOptions, sessionTimeoutMs: 6 };
    await fromConfluent(kafka).createConsumer(options).start(sink);
    let beats = 0;
    const heartbeat = async (): Promise<void> => {
      beats += 1;
      if (beats === 3) throw new Error('the group is rebalancing');
    };
    await expect(kafka.eachBatch?.(batchOf([1], { heartbeat }))).rejects.toThrow('rebalancing');
    expect(sink.records).toEqual([]);
  });
});

it('confluent: partitions that come and partitions that go begin a new assignment', async () => {
  const kafka = new FakeKafka();
  const sink = new RecordingSink();
  await fromConfluent(kafka).createConsumer(consumerOptions).start(sink);
  const { rebalance_cb: rebalance } = kafka.told('consumer') as { rebalance_cb: () => unknown };
  // What it gave would be taken for the partitions to have.
  expect(rebalance()).toBeUndefined();
  rebalance();
  expect(sink.assignments).toBe(2);
});
