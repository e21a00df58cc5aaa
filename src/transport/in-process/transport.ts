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

export interface InProcessTransportOptions {
  /** Where messages wait; its own when left out. Transports of one queue see each other's messages. */
  readonly queue?: InProcessQueue | undefined;
  /** Bytes of a body; larger messages are `refused`. 1,048,576 when left out. */
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

/** A queue for {@link createInProcessTransport}, to connect several transports of one process. */
export function createInProcessQueue(options?: InProcessQueueOptions): InProcessQueue {
  return new InProcessQueue(options);
}

/**
 * A transport within one process, for tests and for hosts that are one process: what is published
 * is delivered to one of its consumers. Of one key one message is in hand at a time, so order holds
 * through redelivery as well. Nothing is durable, and what is not yet acked is bounded by the queue.
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
        "The transport 'in-process' is not open, or closed again.",
      );
    }
  }
}

function queueFull(): OrderchartError {
  return new OrderchartError(
    'transportUnavailable',
    'The queue is full; consume what is in it, or raise its option maximumMessages.',
  );
}
