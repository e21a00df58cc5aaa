import type { OrderchartError } from '../../errors.ts';
import { type Capacity, type LaneEntry, Lanes } from '../lanes.ts';
import { snapshotOf } from '../snapshot.ts';
import type { ConsumeOptions, Delivery } from '../transport.ts';
import type { KafkaIncomingRecord } from './client.ts';
import { unavailable } from './failure.ts';
import { toMessage } from './message.ts';
import { Progress } from './progress.ts';

/** The parts of an {@link Assignment}. */
export interface AssignmentParts {
  readonly client: string;
  readonly topic: string;
  readonly options: ConsumeOptions;
  readonly capacity: Capacity;
  readonly commit: (partition: number, offset: bigint) => Promise<void>;
}

/** The records received between two assignments of partitions. */
export class Assignment {
  readonly #parts: AssignmentParts;
  readonly #partitions = new Map<number, Partition>();
  readonly #over = Promise.withResolvers<never>();
  #waiting: (() => void)[] = [];
  /** Records held here: in flight, waiting for a redelivery, or for an earlier one of their key. */
  #held = 0;
  #isOver = false;
  #isStopped = false;

  constructor(parts: AssignmentParts) {
    this.#parts = parts;
    // Rejects for the callers that wait for a commit, if any.
    this.#over.promise.catch(() => undefined);
  }

  /** Resolves when there is room for one more record. */
  room(): Promise<void> {
    if (this.#isOver || this.#held < this.#parts.options.maximumInFlight) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  take(record: KafkaIncomingRecord): void {
    if (this.#isOver) return;
    const partition = this.#partitions.get(record.partition);
    if (partition?.progress.take(record.offset)) {
      this.#add(partition, record);
      return;
    }
    // The first record of a partition, or an earlier one than the last: the topic was recreated or
    // truncated. Records in flight of it can no longer be committed.
    if (partition !== undefined) this.#held -= partition.end();
    const fresh = this.#newPartition(record.partition);
    fresh.progress.take(record.offset);
    this.#add(fresh, record);
  }

  stop(): void {
    this.#isStopped = true;
    for (const partition of this.#partitions.values()) partition.lanes.stop();
  }

  end(error: OrderchartError): void {
    if (this.#isOver) return;
    this.#isOver = true;
    for (const partition of this.#partitions.values()) partition.end();
    this.#over.reject(error);
    for (const go of this.#waiting.splice(0)) go();
  }

  #add(partition: Partition, record: KafkaIncomingRecord): void {
    this.#held += 1;
    partition.held += 1;
    partition.lanes.add(record.key?.toString() ?? '', record);
  }

  #newPartition(number: number): Partition {
    const { capacity, options } = this.#parts;
    const lanes = new Lanes<KafkaIncomingRecord>(capacity, (entry) =>
      options.deliver(this.#deliveryOf(partition, entry)),
    );
    // Otherwise the first record of a partition would still be delivered.
    if (this.#isStopped) lanes.stop();
    const partition = new Partition(lanes);
    this.#partitions.set(number, partition);
    return partition;
  }

  #deliveryOf(partition: Partition, entry: LaneEntry<KafkaIncomingRecord>): Delivery {
    const { item, retries } = entry;
    let isAnswered = false;
    return {
      // A copy, because the consumer may change it and the record may be delivered again from here.
      message: snapshotOf(toMessage(item, this.#parts.topic)),
      attempt: (item.mayHaveComeBefore ? 2 : 1) + retries,
      ack: async () => {
        if (isAnswered) throw this.#late('this delivery was already acked or nacked');
        isAnswered = true;
        await this.#ack(partition, entry);
      },
      // Also resolves if the partition is gone or an earlier ack failed: the record is redelivered.
      nack: async (delayMs = 0) => {
        if (!isAnswered) partition.lanes.again(entry, delayMs);
        isAnswered = true;
      },
    };
  }

  async #ack(partition: Partition, entry: LaneEntry<KafkaIncomingRecord>): Promise<void> {
    partition.lanes.done(entry);
    if (partition.isOver) throw this.#late('the partition of this delivery was reassigned');
    this.#held -= 1;
    partition.held -= 1;
    this.#waiting.shift()?.();
    const place = partition.progress.done(entry.item.offset);
    if (place === undefined) return;
    const committed = this.#parts.commit(entry.item.partition, place);
    await Promise.race([committed, this.#over.promise]);
  }

  #late(what: string): OrderchartError {
    return unavailable(this.#parts.client, `${what}; the message may be redelivered`);
  }
}

/** A partition assigned to this consumer. */
class Partition {
  readonly lanes: Lanes<KafkaIncomingRecord>;
  readonly progress = new Progress();
  held = 0;
  isOver = false;

  constructor(lanes: Lanes<KafkaIncomingRecord>) {
    this.lanes = lanes;
  }

  /** Ends the partition. Returns how many records it held. */
  end(): number {
    this.isOver = true;
    this.lanes.clear();
    return this.held;
  }
}
