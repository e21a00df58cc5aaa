import type {
  KafkaClient,
  KafkaConsumerOptions,
  KafkaIncomingRecord,
  KafkaRecord,
  KafkaSink,
} from 'orderchart/kafka';

/** What a broker answers to one `send`; by default it takes everything. */
export type Answer = (records: readonly KafkaRecord[]) => Promise<void>;

/** A client without a broker that keeps what it was told, and answers as it is told. */
export class FakeClient implements KafkaClient {
  readonly name = 'fake';
  readonly producers: FakeProducer[] = [];
  readonly consumers: FakeConsumer[] = [];
  partitions: number | undefined = 4;
  connecting: () => Promise<void> = async () => undefined;
  answer: Answer = async () => undefined;
  closing: () => Promise<void> = async () => undefined;

  /** Everything that was sent, batch by batch, by whichever producer. */
  get batches(): readonly (readonly KafkaRecord[])[] {
    return this.producers.flatMap((producer) => producer.batches);
  }

  async countPartitions(): Promise<number | undefined> {
    return this.partitions;
  }

  createProducer(): FakeProducer {
    const producer = new FakeProducer(this);
    this.producers.push(producer);
    return producer;
  }

  createConsumer(options: KafkaConsumerOptions): FakeConsumer {
    const consumer = new FakeConsumer(this, options);
    this.consumers.push(consumer);
    return consumer;
  }
}

class FakeProducer {
  readonly batches: (readonly KafkaRecord[])[] = [];
  isClosed = false;
  mostAtOnce = 0;
  #atOnce = 0;
  readonly #client: FakeClient;

  constructor(client: FakeClient) {
    this.#client = client;
  }

  connect(): Promise<void> {
    return this.#client.connecting();
  }

  async send(_: string, records: readonly KafkaRecord[]): Promise<void> {
    if (this.isClosed) throw new Error('a closed producer was used');
    this.batches.push(records);
    this.#atOnce += 1;
    this.mostAtOnce = Math.max(this.mostAtOnce, this.#atOnce);
    try {
      await this.#client.answer(records);
    } finally {
      this.#atOnce -= 1;
    }
  }

  close(): Promise<void> {
    this.isClosed = true;
    return this.#client.closing();
  }
}

export class FakeConsumer {
  readonly options: KafkaConsumerOptions;
  readonly commits: ReadonlyMap<number, bigint>[] = [];
  committing: () => Promise<void> = async () => undefined;
  isClosed = false;
  #sink: KafkaSink | undefined;
  readonly #client: FakeClient;

  constructor(client: FakeClient, options: KafkaConsumerOptions) {
    this.#client = client;
    this.options = options;
  }

  get sink(): KafkaSink {
    if (this.#sink === undefined) throw new Error('it was not started');
    return this.#sink;
  }

  async start(sink: KafkaSink): Promise<void> {
    this.#sink = sink;
    await this.#client.connecting();
    sink.assigned();
  }

  async commit(offsets: ReadonlyMap<number, bigint>): Promise<void> {
    await this.committing();
    this.commits.push(offsets);
  }

  async close(): Promise<void> {
    this.isClosed = true;
  }

  /** Gives records as a client does: one after the other, as there is room. */
  async give(...records: readonly KafkaIncomingRecord[]): Promise<void> {
    for (const record of records) {
      await this.sink.room();
      this.sink.record(record);
    }
  }
}

export function incoming(
  partition: number,
  offset: number,
  overrides: Partial<KafkaIncomingRecord> = {},
): KafkaIncomingRecord {
  return {
    partition,
    offset: BigInt(offset),
    key: Buffer.from(`key-${partition}-${offset}`),
    value: Buffer.from('{}'),
    headers: new Map([['orderchart-id', `${partition}/${offset}`]]),
    mayHaveComeBefore: false,
    ...overrides,
  };
}
