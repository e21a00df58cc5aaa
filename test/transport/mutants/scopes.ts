import type { ConsumeOptions, Consumption, Transport } from '../../../src/transport/transport.ts';
import type { Entry, ReferenceBroker } from '../reference.ts';
import { ReferenceConsumption } from '../reference-broker.ts';
import { type Change, changed, changedConsume, entryOf } from './change.ts';
import { answering, spoiling, type TransportMutant } from './mutant.ts';

// Faults of scope: what belongs to one call, consumption, transport or place reaches another one.

const limitCase = 'each consumption of a transport has its own `maximumInFlight`';
const published = { status: 'published' } as const;

/** All consumptions of a transport have one limit. */
const sharedLimit = (name: string, pick: (limits: readonly number[]) => number | undefined) =>
  changed(name, limitCase, () => (inner) => {
    const limits: number[] = [];
    return {
      consume: (options) => {
        limits.push(options.maximumInFlight);
        return inner.consume({
          deliver: options.deliver,
          onError: options.onError,
          get maximumInFlight() {
            return pick(limits) ?? options.maximumInFlight;
          },
        });
      },
    };
  });

/** Remembers the entries that a consumption has delivered, and that it has not answered. */
function consumeAndRecord(
  inner: Required<Transport>,
  broker: ReferenceBroker,
  options: ConsumeOptions,
  held: Set<Entry>,
): Promise<Consumption> {
  return inner.consume({
    ...options,
    deliver: (delivery) => {
      const entry = entryOf(broker, delivery);
      if (entry) held.add(entry);
      const answered = (answer: Promise<void>) => {
        if (entry) held.delete(entry);
        return answer;
      };
      options.deliver({
        ...delivery,
        ack: () => answered(delivery.ack()),
        nack: (delayMs) => answered(delivery.nack(delayMs)),
      });
    },
  });
}

/** Gives back by the message, whoever has it in flight by now. */
function giveBackAll(broker: ReferenceBroker, held: ReadonlySet<Entry>): void {
  for (const entry of held) if (broker.entries.includes(entry)) broker.nack(entry);
}

const closesAgain: Change = (inner, broker) => ({
  consume: async (options) => {
    const held = new Set<Entry>();
    const consumption = await consumeAndRecord(inner, broker, options, held);
    let isClosed = false;
    const close = async () => {
      if (isClosed) giveBackAll(broker, held);
      isClosed = true;
      await consumption.close();
    };
    return { stop: () => consumption.stop(), close };
  },
});

const closesAllAgain: Change = (inner, broker) => {
  const held = new Set<Entry>();
  return {
    consume: (options) => consumeAndRecord(inner, broker, options, held),
    close: async () => {
      await inner.close();
      giveBackAll(broker, held);
    },
  };
};

const oneOwner: Change = (inner, broker) => {
  const consumptions = new Set<Consumption>();
  return {
    consume: async (options) => {
      const consumption = await inner.consume(options);
      consumptions.add(consumption);
      const close = async () => {
        consumptions.delete(consumption);
        await consumption.close();
        for (const each of consumptions) {
          if (each instanceof ReferenceConsumption) broker.giveBack(each);
        }
      };
      return { stop: () => consumption.stop(), close };
    },
  };
};

/** Of the whole process. */
const knownIds = new Set<string>();

const rememberingIds: TransportMutant = {
  name: 'ids are remembered by the process, whatever the place',
  killedBy: 'an id that was published on another place is new on this one',
  mutate: (transport) => ({
    publish: async (messages) => {
      const fresh = messages.filter(({ id }) => !knownIds.has(id));
      const results = await transport.publish(fresh);
      for (const { id } of fresh) knownIds.add(id);
      return messages.map((message) => results[fresh.indexOf(message)] ?? published);
    },
  }),
};

const readingLate: TransportMutant = {
  name: 'a call of `publish` that waits for another one reads its messages when it is its turn',
  killedBy:
    'changing messages of calls made while another is in progress does not change those that arrive',
  mutate: (transport) => {
    let latest: Promise<unknown> | undefined;
    return {
      publish: (messages) => {
        const before = latest;
        const publishing = before
          ? before.then(() => transport.publish(messages))
          : transport.publish(messages);
        latest = publishing.catch(() => undefined);
        return publishing;
      },
    };
  },
};

const partSize = 1_000;

export const scopeMutants: readonly TransportMutant[] = [
  sharedLimit('the limit of the latest consumption holds for all of a transport', (limits) =>
    limits.at(-1),
  ),
  sharedLimit('the limit of the first consumption holds for all of a transport', (limits) =>
    limits.at(0),
  ),
  changed(
    'closing a consumption again gives back its messages again',
    'closing a consumption again does not return what the next one has in flight',
    () => closesAgain,
  ),
  changed(
    'closing a transport gives back what its closed consumptions held once',
    'closing a transport does not return what another one got from its closed consumption',
    () => closesAllAgain,
  ),
  changed(
    'closing a consumption gives back what all of its transport hold',
    'messages in flight at one consumption stay in flight when another one of its transport ends',
    () => oneOwner,
  ),
  rememberingIds,
  readingLate,
  answering(
    'a refused message is named by its place within a part of the batch',
    'refused messages in a large batch do not affect the others, and answers stay in order',
    (results) => {
      const answers = results.map(() => published as (typeof results)[number]);
      for (const [index, result] of results.entries()) {
        if (result.status === 'refused') answers[index % partSize] = result;
      }
      return answers;
    },
  ),
  spoiling(
    'the queue is bound for as long as somebody consumes',
    'messages published after the last consumer ended reach the next one',
    (broker) => {
      const store = broker.store.bind(broker);
      let hasConsumer = false;
      broker.store = (message) => {
        hasConsumer ||= broker.consumptions.size > 0;
        if (!hasConsumer || broker.consumptions.size > 0) store(message);
      };
    },
  ),
  changedConsume(
    'acks are sent a moment later, and a transport that is closed does not wait for them',
    'acks in progress when a transport is closed reach the broker',
    () => () => {
      const acks = new Set<Promise<void>>();
      return {
        delivery: (delivery) => ({
          ack: () => {
            const moment = new Promise((resolve) => setTimeout(resolve, 20));
            const ack = moment.then(() => delivery.ack());
            acks.add(ack);
            return ack;
          },
        }),
        consumption: (consumption) => ({
          close: async () => {
            await consumption.stop();
            await Promise.allSettled(acks);
            await consumption.close();
          },
        }),
      };
    },
  ),
];
