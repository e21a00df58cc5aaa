import { z } from 'zod';
import { OrderchartError } from '../../errors.ts';
import {
  checkOptions,
  type OptionSchemas,
  type Settings,
  whole,
  withMethods,
} from '../../options.ts';
import type {
  ConsumeOptions,
  Consumption,
  PublishResult,
  Transport,
  TransportFeatures,
  TransportMessage,
} from '../transport.ts';
import { InProcessConsumption } from './consumption.ts';
import { InProcessQueue, type InProcessQueueOptions } from './queue.ts';

/** Options of {@link createInProcessTransport}. */
export interface InProcessTransportOptions {
  /**
   * The queue of messages. Transports with the same queue share its messages. Default: a new queue.
   */
  readonly queue?: InProcessQueue | undefined;
  /** The largest body, in bytes. Larger messages are `refused`. Default 1,048,576. */
  readonly maximumBodyBytes?: number | undefined;
}

const schema = z.strictObject({
  queue: withMethods<InProcessQueue>(
    'be made by createInProcessQueue',
    'add',
    'take',
    'listen',
  ).default(() => new InProcessQueue()),
  maximumBodyBytes: whole(1, 2 ** 30, 'bytes').default(1_048_576),
} satisfies OptionSchemas<InProcessTransportOptions>);

/** Creates a queue that connects several transports of one process. */
export function createInProcessQueue(options?: InProcessQueueOptions): InProcessQueue {
  return new InProcessQueue(options);
}

/**
 * Creates a transport within one process, for tests and for hosts that are one process. Each
 * message is delivered to one of the consumers. One message per key is in flight at a time, so the
 * order holds through redelivery, too. Nothing is durable, and the queue limits the messages that
 * are not acked.
 *
 * @example
 * const transport = createInProcessTransport();
 * await engine.startPublishing({ name: 'out', transport });
 */
export function createInProcessTransport(options: InProcessTransportOptions = {}): Transport {
  return new InProcessTransport(checkOptions('createInProcessTransport', schema, options));
}

class InProcessTransport implements Transport {
  readonly name = 'in-process';
  readonly features: TransportFeatures;
  readonly #queue: InProcessQueue;
  readonly #consumptions = new Set<InProcessConsumption>();
  #isOpen = false;

  constructor({ queue, maximumBodyBytes }: Settings<typeof schema>) {
    this.#queue = queue;
    this.features = {
      consumes: true,
      durable: false,
      ordered: true,
      deduplicates: false,
      redelivers: true,
      tellsFirstDelivery: true,
      delays: true,
      concurrentConsumers: true,
      maximumBodyBytes,
    };
  }

  async open(): Promise<void> {
    this.#isOpen = true;
  }

  async publish(messages: readonly TransportMessage[]): Promise<readonly PublishResult[]> {
    this.#checkOpen();
    return messages.map((message) => this.#publishOne(message));
  }

  async consume(options: ConsumeOptions): Promise<Consumption> {
    this.#checkOpen();
    const consumption = new InProcessConsumption(this.#queue, options);
    this.#consumptions.add(consumption);
    return {
      stop: () => consumption.stop(),
      close: async () => {
        this.#consumptions.delete(consumption);
        await consumption.close();
      },
    };
  }

  async close(): Promise<void> {
    this.#isOpen = false;
    for (const consumption of this.#consumptions) await consumption.close();
    this.#consumptions.clear();
  }

  #publishOne(message: TransportMessage): PublishResult {
    const { maximumBodyBytes } = this.features;
    if (message.body.byteLength > maximumBodyBytes) {
      const reason = `The body is larger than ${maximumBodyBytes} bytes.`;
      return { status: 'refused', reason };
    }
    return this.#queue.add(message)
      ? { status: 'published' }
      : { status: 'failed', error: queueFull() };
  }

  #checkOpen(): void {
    if (!this.#isOpen) {
      throw new OrderchartError(
        'transportClosed',
        "The transport 'in-process' is not open. Open it first; a closed one cannot be used again.",
      );
    }
  }
}

function queueFull(): OrderchartError {
  return new OrderchartError(
    'transportUnavailable',
    'The queue is full. Consume its messages, or raise its option `maximumMessages`.',
  );
}
