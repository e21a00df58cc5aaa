import type { KafkaIncomingRecord, KafkaSink } from './client.ts';

/** The part that is used of the argument of `eachBatch` of Confluent's client. */
export interface ConfluentBatch {
  readonly batch: {
    readonly partition: number;
    readonly highWatermark: string;
    readonly messages: readonly ConfluentMessage[];
  };
  resolveOffset(offset: string): void;
  heartbeat(): Promise<void>;
  isRunning(): boolean;
  isStale(): boolean;
}

interface ConfluentMessage {
  readonly offset: string;
  readonly key?: Buffer | string | null;
  readonly value: Buffer | null;
  readonly headers?: Readonly<Record<string, ConfluentHeader | undefined>>;
}

type ConfluentHeader = Buffer | string | (Buffer | string)[];

/** Passes batches to a sink, record by record. */
export interface BatchReader {
  assigned(): void;
  batch(batch: ConfluentBatch): Promise<void>;
}

/** @param heartbeatMs How often the reader sends a heartbeat to the group while the sink is full. */
export function readBatches(sink: KafkaSink, heartbeatMs: number): BatchReader {
  /** The end of each partition at its first batch. */
  const ends = new Map<number, bigint>();
  return {
    assigned: () => {
      ends.clear();
      sink.assigned();
    },
    batch: async ({ batch, resolveOffset, heartbeat, isRunning, isStale }) => {
      const { partition, highWatermark, messages } = batch;
      const end = ends.get(partition) ?? BigInt(highWatermark);
      ends.set(partition, end);
      for (const message of messages) {
        await roomOf(sink, heartbeatMs, heartbeat);
        // The rest is read again by the next owner of the partition.
        if (!isRunning() || isStale()) return;
        sink.record(incoming(message, partition, end));
        resolveOffset(message.offset);
      }
    },
  };
}

async function roomOf(
  sink: KafkaSink,
  heartbeatMs: number,
  heartbeat: () => Promise<void>,
): Promise<void> {
  const room = sink.room().then(() => true);
  while (true) {
    let timer: NodeJS.Timeout | undefined;
    const beat = new Promise<false>((resolve) => {
      timer = setTimeout(() => resolve(false), heartbeatMs);
    });
    const isThere = await Promise.race([room, beat]);
    clearTimeout(timer);
    if (isThere) return;
    // Rejects when the group is about to reassign the partitions, which ends the batch.
    await heartbeat();
  }
}

function incoming(message: ConfluentMessage, partition: number, end: bigint): KafkaIncomingRecord {
  const { key = null, value, headers = {} } = message;
  const offset = BigInt(message.offset);
  return {
    partition,
    offset,
    key: typeof key === 'string' ? Buffer.from(key) : key,
    value,
    headers: new Map(
      Object.entries(headers).flatMap(([name, header]): [string, string][] => {
        const last = Array.isArray(header) ? header.at(-1) : header;
        return last === undefined ? [] : [[name, last.toString()]];
      }),
    ),
    mayHaveComeBefore: offset < end,
  };
}
