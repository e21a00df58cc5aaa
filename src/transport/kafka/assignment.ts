import type { OrderchartError } from '../../errors.ts';
import { type LaneEntry, Lanes, type Room } from '../lanes.ts';
import { snapshotOf } from '../snapshot.ts';
import type { ConsumeOptions, Delivery } from '../transport.ts';
import type { KafkaIncomingRecord } from './client.ts';
import { unavailable } from './failure.ts';
import { toMessage } from './message.ts';
import { Progress } from './progress.ts';

/** What an {@link Assignment} works with. */
export interface AssignmentParts {
  readonly client: string;
  readonly topic: string;
  readonly options: ConsumeOptions;
  readonly room: Room;
  readonly commit: (partition: number, offset: bigint) => Promise<void>;
}

/** The records that came in since partitions were assigned, until they are assigned anew. */
export class Assignment {
  readonly #parts: AssignmentParts;
  readonly #partitions = new Map<number, Partition>();
  readonly #over = Promise.withResolvers<never>();
  #waiting: (() => void)[] = [];
  /** Records that are held here: in hand, waiting to come again, or for one of their key. */
  #held = 0;
  #isOver = false;
  #isStopped = false;

  constructor(parts: AssignmentParts) {
    this.#parts = parts;
    // It rejects for those who wait for a commit, if there are any.
    this.#over.promise.catch(() => undefined);
  }

  /** Resolves when one more record may be held. */
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
    // The first record of a partition, or an earlier one than the last: the topic was made anew, or
    // cut. What is in hand of it cannot be committed any more.
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
    const { room, options } = this.#parts;
    const lanes = new Lanes<KafkaIncomingRecord>(room, (entry) =>
      options.deliver(this.#deliveryOf(partition, entry)),
    );
    // Else the first record of a partition would still be handed out.
    if (this.#isStopped) lanes.stop();
    const partition = new Partition(lanes);
    this.#partitions.set(number, partition);
    return partition;
  }

  #deliveryOf(partition: Partition, entry: LaneEntry<KafkaIncomingRecord>): Delivery {
    const { item, retries } = entry;
    let isAnswered = false;
    return {
      // It is handed out again from here, whatever a consumer does to it.
      message: snapshotOf(toMessage(item, this.#parts.topic)),
      attempt: (item.mayHaveComeBefore ? 2 : 1) + retries,
      ack: async () => {
        if (isAnswered) throw this.#late('this delivery was acked or nacked before');
        isAnswered = true;
        await this.#ack(partition, entry);
      },
      // Also when the partition went, or an ack before failed: then it comes again by itself.
      nack: async (delayMs = 0) => {
        if (!isAnswered) partition.lanes.again(entry, delayMs);
        isAnswered = true;
      },
    };
  }

  async #ack(partition: Partition, entry: LaneEntry<KafkaIncomingRecord>): Promise<void> {
    partition.lanes.done(entry);
    if (partition.isOver) throw this.#late('the partition of this delivery was assigned anew');
    this.#held -= 1;
    partition.held -= 1;
    this.#waiting.shift()?.();
    const place = partition.progress.done(entry.item.offset);
    if (place === undefined) return;
    const committed = this.#parts.commit(entry.item.partition, place);
    await Promise.race([committed, this.#over.promise]);
  }

  #late(what: string): OrderchartError {
    return unavailable(this.#parts.client, `${what}; the message may come again`);
  }
}

/** One partition, as long as it is ours. */
class Partition {
  readonly lanes: Lanes<KafkaIncomingRecord>;
  readonly progress = new Progress();
  held = 0;
  isOver = false;

  constructor(lanes: Lanes<KafkaIncomingRecord>) {
    this.lanes = lanes;
  }

  /** Gives how many records were held. */
  end(): number {
    this.isOver = true;
    this.lanes.clear();
    return this.held;
  }
}
