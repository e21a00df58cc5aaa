import { setImmediate as turn } from 'node:timers/promises';
import type { Delivery } from '../../../src/transport/transport.ts';
import type { Entry, ReferenceBroker } from '../reference.ts';
import { changed, changedConsume, entryOf } from './change.ts';
import type { TransportMutant } from './mutant.ts';

// Faults of consumptions and deliveries, as authors of adapters for other brokers make them.

/** What a timer of Node can wait. */
const longestDelayMs = 2 ** 31 - 1;

const twoFetches = changedConsume(
  'two fetches fill the same room',
  'at most `maximumInFlight` messages are in flight when several are acked at once',
  () =>
    ({ maximumInFlight }) => {
      let fetches = 0;
      return {
        options: {
          // The second fetch does not know what the first one will bring.
          get maximumInFlight() {
            return maximumInFlight + (fetches > 1 ? 1 : 0);
          },
        },
        delivery: (delivery) => ({
          ack: async () => {
            fetches += 1;
            setImmediate(() => setImmediate(() => (fetches -= 1)));
            await delivery.ack();
          },
        }),
      };
    },
);

const wholeSeconds = changedConsume(
  'a delay is rounded down to whole seconds',
  'a nacked message is not redelivered before its delay is over',
  () => () => ({
    delivery: (delivery) => ({
      nack: (delayMs = 0) => delivery.nack(Math.floor(delayMs / 1_000) * 1_000),
    }),
  }),
);

const copyWithADelay = changedConsume(
  'a nack with a delay sends a copy that begins to count anew',
  'a message nacked with a delay is redelivered with an attempt above 1',
  () => (_, broker) => ({
    delivery: (delivery) => ({
      nack: async (delayMs = 0) => {
        const entry = entryOf(broker, delivery);
        await delivery.nack(delayMs);
        if (delayMs > 0 && entry !== undefined) entry.deliveryCount = 0;
      },
    }),
  }),
);

/** The connection has them in flight until the transport is closed; nobody will answer them. */
class Limbo {
  readonly #entries = new Set<Entry>();

  add(entry: Entry): void {
    entry.isDelayed = true;
    this.#entries.add(entry);
  }

  release(broker: ReferenceBroker): void {
    for (const entry of this.#entries) entry.isDelayed = false;
    this.#entries.clear();
    broker.pump();
  }
}

const delaysThatEndWithTheConsumer = changed(
  'what waits for the end of a delay is forgotten with its consumer',
  'a message nacked with a delay is redelivered even if its consumption is closed first',
  () => (inner, broker) => {
    const limbo = new Limbo();
    return {
      consume: async (options) => {
        const timers = new Map<Entry, NodeJS.Timeout>();
        const nackLater = async (delivery: Delivery, delayMs: number) => {
          const entry = entryOf(broker, delivery);
          // It stays with this connection; the timer gives it back.
          await delivery.nack(longestDelayMs);
          if (entry === undefined) return;
          const back = () => {
            timers.delete(entry);
            entry.isDelayed = false;
            broker.pump();
          };
          timers.set(entry, setTimeout(back, Math.min(delayMs, longestDelayMs)).unref());
        };
        const consumption = await inner.consume({
          ...options,
          deliver: (delivery) =>
            options.deliver({
              ...delivery,
              nack: (delayMs = 0) => (delayMs > 0 ? nackLater(delivery, delayMs) : delivery.nack()),
            }),
        });
        const close = async () => {
          for (const [entry, timer] of timers) {
            clearTimeout(timer);
            limbo.add(entry);
          }
          timers.clear();
          await consumption.close();
        };
        return { stop: () => consumption.stop(), close };
      },
      close: async () => {
        await inner.close();
        limbo.release(broker);
      },
    };
  },
);

const wholeEntry = changed(
  'a batch comes again as a whole, with what was acked',
  'a nack redelivers no acked message, not even one of the same batch',
  () => {
    /** By the id of a message: the ids that were published with it. */
    const groups = new Map<string, readonly string[]>();
    const acked = new Map<string, Entry>();
    const bringBack = (broker: ReferenceBroker, id: string) => {
      for (const other of groups.get(id) ?? []) {
        const entry = acked.get(other);
        if (entry === undefined) continue;
        acked.delete(other);
        Object.assign(entry, { holder: undefined, isDelayed: false });
        broker.entries.unshift(entry);
      }
      const place = ({ message }: Entry) => broker.log.indexOf(message);
      broker.entries.sort((one, other) => place(one) - place(other));
      broker.pump();
    };
    const forgetIfDone = (id: string) => {
      const group = groups.get(id) ?? [];
      if (group.every((other) => acked.has(other))) for (const other of group) acked.delete(other);
    };
    return (inner, broker) => ({
      publish: (messages) => {
        const ids = messages.filter(({ body }) => body.length <= 1_000).map(({ id }) => id);
        const fresh = ids.filter((id) => !broker.ids.has(id));
        for (const id of fresh) groups.set(id, fresh);
        return inner.publish(messages);
      },
      consume: (options) =>
        inner.consume({
          ...options,
          deliver: (delivery) => {
            const { id } = delivery.message;
            options.deliver({
              ...delivery,
              ack: async () => {
                const entry = entryOf(broker, delivery);
                await delivery.ack();
                if (entry !== undefined) acked.set(id, entry);
                forgetIfDone(id);
              },
              nack: async (delayMs) => {
                await delivery.nack(delayMs);
                bringBack(broker, id);
              },
            });
          },
        }),
    });
  },
);

const countedEndings = changedConsume(
  'what ten closed consumers held is given up',
  'a message held by thirty consumers in turn when they were closed reaches the next one',
  () => {
    const endings = new WeakMap<Entry, number>();
    return (_, broker) => ({
      consumption: (consumption) => ({
        close: async () => {
          await consumption.stop();
          for (const entry of broker.entries.filter(({ holder }) => holder === consumption)) {
            const count = (endings.get(entry) ?? 0) + 1;
            endings.set(entry, count);
            if (count >= 10) broker.ack(entry);
          }
          await consumption.close();
        },
      }),
    });
  },
);

const longPoll = changed(
  'what a fetch brings after `stop` is dropped',
  'messages that arrive while a consumption stops reach the next one',
  () => (inner, broker) => {
    const limbo = new Limbo();
    return {
      consume: async (options) => {
        let isStopped = false;
        const arrive = async (delivery: Delivery) => {
          const entry = entryOf(broker, delivery);
          const epoch = broker.connectionEpoch;
          await turn();
          if (!isStopped || entry === undefined) options.deliver(delivery);
          else if (epoch === broker.connectionEpoch) {
            broker.nack(entry, longestDelayMs);
            limbo.add(entry);
          }
        };
        const consumption = await inner.consume({
          ...options,
          deliver: (delivery) => void arrive(delivery),
        });
        const stop = () => {
          isStopped = true;
          return consumption.stop();
        };
        return { stop, close: () => stop().then(() => consumption.close()) };
      },
      close: async () => {
        await inner.close();
        limbo.release(broker);
      },
    };
  },
);

export const otherDeliveryMutants: readonly TransportMutant[] = [
  twoFetches,
  wholeSeconds,
  copyWithADelay,
  delaysThatEndWithTheConsumer,
  wholeEntry,
  countedEndings,
  longPoll,
];
