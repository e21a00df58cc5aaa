import {
  type ConsumeOptions,
  type Delivery,
  OrderchartError,
  type PublishResult,
  type Transport,
  type TransportMessage,
} from 'orderchart';

/** What became of one delivery. */
export interface Handed {
  readonly message: TransportMessage;
  /** `undefined` while it is in flight. */
  outcome: 'acked' | 'nacked' | undefined;
}

/** A transport that does what a test tells it to, and remembers everything. */
export interface ScriptedTransport extends Transport {
  /** The batches that were passed to `publish`. */
  readonly calls: readonly TransportMessage[][];
  /** What was answered with `published`, in that order. */
  readonly published: readonly TransportMessage[];
  /** Names of the methods that were called, in order. */
  readonly log: readonly string[];
  /** Replaces how `publish` answers. */
  answer: (messages: readonly TransportMessage[]) => Promise<readonly PublishResult[]>;
  /** Called before `open` resolves, `close` resolves, a delivery is acked or nacked. */
  before: (what: 'open' | 'close' | 'ack' | 'nack') => Promise<void>;
  /** Hands a message to the consumer. */
  deliver(message: TransportMessage): Handed;
  /** As an adapter that has lost its connection. */
  complain(error: unknown): void;
  readonly isConsuming: boolean;
  readonly maximumInFlight: number | undefined;
}

export const published: PublishResult = { status: 'published' };

export function unavailable(): OrderchartError {
  return new OrderchartError('transportUnavailable', 'The broker is away.');
}

/** Takes everything, until `answer` is replaced. */
export function scriptedTransport(name = 'scripted'): ScriptedTransport {
  const calls: TransportMessage[][] = [];
  const done: TransportMessage[] = [];
  const log: string[] = [];
  let consumer: ConsumeOptions | undefined;
  const settle = async (handed: Handed, how: 'ack' | 'nack'): Promise<void> => {
    log.push(how);
    await transport.before(how);
    handed.outcome = `${how}ed`;
  };
  const transport: ScriptedTransport = {
    name,
    features: {
      consumes: true,
      durable: false,
      ordered: true,
      deduplicates: false,
      redelivers: false,
      tellsFirstDelivery: false,
      delays: false,
      concurrentConsumers: false,
      maximumBodyBytes: 1_000_000,
    },
    calls,
    published: done,
    log,
    answer: async (messages) => messages.map(() => published),
    before: async () => {},
    get isConsuming() {
      return consumer !== undefined;
    },
    get maximumInFlight() {
      return consumer?.maximumInFlight;
    },
    open: async () => {
      log.push('open');
      await transport.before('open');
    },
    publish: async (messages) => {
      log.push('publish');
      calls.push([...messages]);
      const results = await transport.answer(messages);
      for (const [at, message] of messages.entries()) {
        if (results[at]?.status === 'published') done.push(message);
      }
      return results;
    },
    consume: async (options) => {
      log.push('consume');
      consumer = options;
      return {
        stop: async () => {
          log.push('stop');
        },
        close: async () => {
          log.push('end');
          consumer = undefined;
        },
      };
    },
    close: async () => {
      log.push('close');
      await transport.before('close');
    },
    deliver: (message) => {
      const handed: Handed = { message, outcome: undefined };
      const delivery: Delivery = {
        message,
        attempt: 1,
        ack: () => settle(handed, 'ack'),
        nack: () => settle(handed, 'nack'),
      };
      consumer?.deliver(delivery);
      return handed;
    },
    complain: (error) => consumer?.onError(error),
  };
  return transport;
}
