import type { Consumption, Delivery } from '../../../src/transport/transport.ts';
import { type Entry, type ReferenceBroker, unavailable } from '../reference.ts';
import { ReferenceConsumption } from '../reference-broker.ts';
import { changed, changedConsume, entryOf } from './change.ts';
import type { TransportMutant } from './mutant.ts';

// Faults of what a consumer has in flight, as authors of adapters for other brokers make them.

/** Fetches ahead of what it may deliver. */
const prefetching = (name: string, killedBy: string, endsWithStop: boolean): TransportMutant =>
  changedConsume(name, killedBy, () => ({ maximumInFlight, deliver, onError }) => {
    const buffer: Delivery[] = [];
    let inFlight = 0;
    let isStopped = false;
    const handOut = () => {
      while (!isStopped && inFlight < maximumInFlight) {
        const next = buffer.shift();
        if (next === undefined) return;
        inFlight += 1;
        deliver(next);
      }
    };
    const answered = (answering: Promise<void>): Promise<void> =>
      answering.finally(() => {
        inFlight -= 1;
        handOut();
      });
    const stop = (consumption: Consumption) => {
      isStopped = endsWithStop;
      return consumption.stop();
    };
    return {
      options: {
        maximumInFlight: maximumInFlight + 5,
        deliver: (delivery) => {
          buffer.push(delivery);
          handOut();
        },
        onError: (error) => {
          // What waits came by the old connection, and comes again.
          for (const each of buffer.splice(0)) {
            inFlight += 1;
            each.nack().catch(() => {});
          }
          onError(error);
        },
      },
      delivery: (delivery) => {
        let isAnswered = false;
        const once = (answer: () => Promise<void>) => {
          if (isAnswered) return Promise.reject(unavailable());
          isAnswered = true;
          return answered(answer());
        };
        return {
          ack: () => once(delivery.ack),
          nack: (delayMs) => once(() => delivery.nack(delayMs)),
        };
      },
      consumption: (consumption) => ({
        stop: () => stop(consumption),
        close: () => stop(consumption).then(() => consumption.close()),
      }),
    };
  });

const oneName = changed(
  'a second consumption gets what its name has in hand already',
  'a second consumption of one transport gets no message that is in flight at the first one',
  () => (inner, broker) => {
    const consumptions = new Set<Consumption>();
    return {
      consume: async (options) => {
        let isClosed = false;
        // For the broker both are one, so an ack counts, whoever of them gives it.
        const answering = (delivery: Delivery): Delivery => {
          let isAnswered = false;
          const ack = async () => {
            const entry = entryOf(broker, delivery);
            if (isAnswered || isClosed || entry?.holder === undefined) return delivery.ack();
            isAnswered = true;
            await delivery.ack().catch(() => broker.ack(entry));
          };
          const nack = (delayMs?: number) => {
            isAnswered = true;
            return delivery.nack(delayMs);
          };
          return { ...delivery, ack, nack };
        };
        const earlier = [...consumptions];
        const deliver = (delivery: Delivery) => options.deliver(answering(delivery));
        const consumption = await inner.consume({ ...options, deliver });
        consumptions.add(consumption);
        // What this name has in flight, and has not answered, comes first.
        for (const each of earlier) {
          if (!(each instanceof ReferenceConsumption)) continue;
          broker.consumptions.delete(each);
          broker.giveBack(each);
          broker.consumptions.add(each);
        }
        const close = () => {
          isClosed = true;
          consumptions.delete(consumption);
          return consumption.close();
        };
        return { stop: () => consumption.stop(), close };
      },
    };
  },
);

const oneHeartbeat = changedConsume(
  'the deadline of what came together is extended until one of it is answered',
  'messages fetched together stay with their consumer, whichever is answered first',
  () => {
    const quiet = new WeakSet<Entry>();
    const isPatched = new WeakSet<ReferenceBroker>();
    return (_, broker) => {
      const extend = broker.extend.bind(broker);
      if (!isPatched.has(broker)) {
        broker.extend = (entry) => {
          if (!quiet.has(entry)) extend(entry);
        };
        isPatched.add(broker);
      }
      let fetched: Set<Entry> | undefined;
      return {
        delivery: (delivery) => {
          const entry = entryOf(broker, delivery);
          if (fetched === undefined) {
            fetched = new Set();
            setImmediate(() => (fetched = undefined));
          }
          const group = fetched;
          if (entry !== undefined) {
            group.add(entry);
            quiet.delete(entry);
          }
          const endHeartbeat = () => {
            for (const each of group) quiet.add(each);
          };
          return {
            ack: () => delivery.ack().finally(endHeartbeat),
            nack: (delayMs) => delivery.nack(delayMs).finally(endHeartbeat),
          };
        },
      };
    };
  },
);

/** An answer names a number, which another connection gives to another message. */
const packetIdentifiers = (
  name: string,
  killedBy: string,
  answers: readonly ('ack' | 'nack')[],
): TransportMutant =>
  changedConsume(name, killedBy, () => ({ onError }) => {
    let latest = 0;
    const unanswered = new Map<number, Delivery>();
    return {
      options: {
        onError: (error) => {
          latest = 0;
          unanswered.clear();
          onError(error);
        },
      },
      delivery: (delivery) => {
        latest += 1;
        const identifier = latest;
        unanswered.set(identifier, delivery);
        const answer = async (how: 'ack' | 'nack', what: (named: Delivery) => Promise<void>) => {
          const found = unanswered.get(identifier) ?? delivery;
          const named = answers.includes(how) ? found : delivery;
          if (named === found) unanswered.delete(identifier);
          // There is room for another one.
          if (named !== delivery) void delivery.nack().catch(() => {});
          await what(named);
        };
        return {
          ack: () => answer('ack', (named) => named.ack()),
          nack: (delayMs) => answer('nack', (named) => named.nack(delayMs)),
        };
      },
    };
  });

export const otherConsumerMutants: readonly TransportMutant[] = [
  prefetching(
    'what was fetched ahead counts as delivered',
    'a message that an earlier consumer did not receive is attempt 1 for the next one',
    true,
  ),
  prefetching(
    'what was fetched ahead is delivered after `stop`, as soon as there is room',
    'after `stop`, neither an ack nor a nack makes room for further deliveries',
    false,
  ),
  oneName,
  oneHeartbeat,
  packetIdentifiers(
    'an ack names a number that another connection has given to another message',
    'an ack of a message delivered before a cut acks no message delivered after it',
    ['ack', 'nack'],
  ),
  packetIdentifiers(
    'a nack names a number that another connection has given to another message',
    'a nack of a message delivered before a cut returns no message delivered after it',
    ['nack'],
  ),
];
