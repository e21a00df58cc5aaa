import type {
  ConsumeOptions,
  Delivery,
  TransportMessage,
} from '../../../src/transport/transport.ts';
import type { Entry, ReferenceBroker, ReferenceConsumption } from '../reference.ts';
import { consuming, delivering, spoiling, type TransportMutant } from './mutant.ts';

const nackCase = 'a nacked message is redelivered unchanged, with an attempt above 1';
const roomCase = 'at most `maximumInFlight` messages are in flight';
const modelCase = 'any sequence of actions delivers every message in order, and nothing else';
const shareCase = 'two consumers share the messages: each goes to one of them';

/** Faults in delivering, acking and nacking. */
export const consumingMutants: readonly TransportMutant[] = [
  delivering('a nack drops the message', nackCase, (delivery) => ({ nack: () => delivery.ack() })),
  delivering(
    'a nack needs its delivery',
    '`ack` and `nack` work when detached from their delivery',
    (delivery) => ({
      async nack(this: Delivery | undefined, delayMs?: number) {
        if (this === undefined) throw new TypeError('There is no this.');
        await delivery.nack(delayMs);
      },
    }),
  ),
  delivering('every attempt is the first one', nackCase, () => ({ attempt: 1 })),
  delivering('what comes again has another id', nackCase, ({ attempt, message }) =>
    attempt === 1 ? {} : { message: { ...message, id: `${message.id}-again` } },
  ),
  delivering(
    'a nack with a delay drops the message',
    'a message nacked with a delay is redelivered',
    (delivery) => ({ nack: (delayMs) => (delayMs ? delivery.ack() : delivery.nack()) }),
  ),
  spoiling(
    'a delayed message holds up all others',
    'a message nacked with a long delay does not block other keys',
    (broker) => {
      const pump = broker.pump.bind(broker);
      broker.pump = () => {
        if (!broker.entries.some((entry) => entry.isDelayed)) pump();
      };
    },
  ),
  consuming(
    'it is acked when it is delivered',
    'messages that a consumer held when it was closed reach the next one',
    (consume, options) =>
      consume({
        ...options,
        deliver: (delivery) => {
          void delivery.ack();
          options.deliver({ ...delivery, ack: async () => undefined });
        },
      }),
  ),
  delivering('an ack reaches nobody', 'acked messages are not redelivered', () => ({
    ack: async () => undefined,
  })),
  spoiling(
    'an ack acks all before it as well',
    'acking some messages does not ack the others',
    (broker) => {
      broker.ack = (entry) => {
        const at = broker.entries.indexOf(entry);
        broker.entries = broker.entries.filter((_, index) => index > at);
        broker.pump();
      };
    },
  ),
  spoiling(
    'an ack counts only when all before it were acked',
    'acks count in any order',
    (broker) => {
      const ack = broker.ack.bind(broker);
      broker.ack = (entry) => {
        const earlier = broker.entries.slice(0, broker.entries.indexOf(entry));
        if (!earlier.some(({ holder }) => holder !== undefined)) ack(entry);
      };
    },
  ),
  consuming(
    'that nothing came is told as an error',
    'without faults, `onError` is not called',
    async (consume, options) => {
      const consumption = await consume(options);
      options.onError(new Error('The poll timed out.'));
      return consumption;
    },
  ),
  spoiling(
    'the share of a consumer that went goes to nobody',
    'when one of two consumers ends, the other one gets the rest',
    (broker) => {
      const store = broker.store.bind(broker);
      let most = 0;
      broker.store = (message) => {
        most = Math.max(most, broker.consumptions.size);
        const share = broker.log.length % most;
        if (share < broker.consumptions.size) store(message);
        else broker.log.push(message);
      };
    },
  ),
  spoiling(
    'nobody tells the broker that a delivery is still in hand',
    'a message in flight for longer than the broker waits stays with its consumer',
    (broker) => {
      broker.extend = () => undefined;
    },
  ),
  consuming('`maximumInFlight` is ignored', roomCase, (consume, options) =>
    consume({ ...options, maximumInFlight: 1_000 }),
  ),
  consuming(
    'one more is in hand than allowed',
    'with `maximumInFlight` 1, messages are delivered one at a time',
    (consume, options) => consume({ ...options, maximumInFlight: options.maximumInFlight + 1 }),
  ),
  consuming(
    'a nack makes no room',
    'a nack makes room just as an ack does',
    async (consume, options) => {
      let consumption: ReferenceConsumption | undefined;
      const deliver: ConsumeOptions['deliver'] = (delivery) =>
        options.deliver({
          ...delivery,
          nack: async (delayMs) => {
            await delivery.nack(delayMs);
            if (consumption) consumption.held += 1;
          },
        });
      consumption = (await consume({ ...options, deliver })) as ReferenceConsumption;
      return consumption;
    },
  ),
  {
    name: 'a stuck consumer stops those who publish',
    killedBy: 'a stuck consumer does not block publishers',
    mutate: (transport, broker) => ({
      publish: async (messages) => {
        while (broker.entries.length > 50) await new Promise((resolve) => setTimeout(resolve, 1));
        return transport.publish(messages);
      },
    }),
  },
  consuming('a message comes to everybody', shareCase, (consume, options, broker) => {
    const all = listenersOf(broker);
    all.add(options.deliver);
    return consume({
      ...options,
      deliver: (delivery) => {
        for (const deliver of all) deliver(delivery);
      },
    });
  }),
  consuming('the second consumer gets nothing', shareCase, (consume, options, broker) => {
    listenersOf(broker).add(options.deliver);
    // It takes its share, and keeps it for itself.
    const isFirst = listenersOf(broker).size === 1;
    return consume(isFirst ? options : { ...options, deliver: () => undefined });
  }),
  consuming(
    'a transport hears its own messages only',
    'a message that one transport publishes is delivered by another one on the same place',
    (consume, options, broker) => {
      listenersOf(broker).add(options.deliver);
      return consume({ ...options, deliver: () => undefined });
    },
  ),
  spoiling(
    'what nobody listens for is dropped',
    'messages published while there is no consumer are delivered later',
    (broker) => {
      const store = broker.store.bind(broker);
      broker.store = (message) => {
        if (broker.consumptions.size > 0) store(message);
      };
    },
  ),
  spoiling(
    'the newest comes first',
    'a backlog is delivered in order, even to a consumer that takes few messages at a time',
    (broker) => {
      const pump = broker.pump.bind(broker);
      broker.pump = () => {
        broker.entries.reverse();
        pump();
        broker.entries.reverse();
      };
    },
  ),
  spoiling(
    'one message of a key for several consumers is last',
    'with several consumers, each one sees the messages of a key in order',
    (broker) => {
      const store = broker.store.bind(broker);
      const held = new Map<string, TransportMessage>();
      broker.store = (message) => {
        if (message.sequence === 5) held.set(message.key, message);
        else store(message);
        const earlier = held.get(message.key);
        // Whichever of the consumers it comes to has had later ones by then.
        if (message.sequence === 10 && earlier) store(earlier);
      };
    },
  ),
  spoiling('a delayed message is forgotten with its consumer', modelCase, (broker) => {
    const { nack, giveBack } = broker;
    broker.nack = (entry, delayMs = 0) => nack.call(broker, entry, 20 * delayMs);
    broker.giveBack = (holder) => {
      broker.entries = broker.entries.filter((entry) => !entry.isDelayed);
      giveBack.call(broker, holder);
    };
  }),
  spoiling('what was fetched ahead goes to the end of the queue', modelCase, (broker) => {
    const { giveBack } = broker;
    broker.giveBack = (holder) => {
      const isFresh = (entry: Entry) => entry.deliveryCount === 0;
      const fetched = broker.entries.find(isFresh);
      if (fetched) broker.entries = [...broker.entries.filter((one) => one !== fetched), fetched];
      giveBack.call(broker, holder);
    };
  }),
];

const listeners = new WeakMap<ReferenceBroker, Set<ConsumeOptions['deliver']>>();

function listenersOf(broker: ReferenceBroker): Set<ConsumeOptions['deliver']> {
  const known = listeners.get(broker) ?? new Set();
  listeners.set(broker, known);
  return known;
}
