import type { Entry, ReferenceBroker } from '../reference.ts';
import { type Change, changed, changedConsume, entryOf } from './change.ts';
import { delivering, never, type TransportMutant } from './mutant.ts';

// Faults that show only the second time, after something else, or together with something else.

const numberCase = 'a nack resolves, whatever number its delay is';
const endCase = 'after a reconnection, closing is not reported to `onError`';

const quiets = new WeakMap<ReferenceBroker, WeakSet<Entry>>();

/** The entries whose deadline nobody extends any more. */
function quietOf(broker: ReferenceBroker): WeakSet<Entry> {
  const known = quiets.get(broker);
  if (known) return known;
  const quiet = new WeakSet<Entry>();
  quiets.set(broker, quiet);
  const extend = broker.extend.bind(broker);
  broker.extend = (entry) => {
    if (!quiet.has(entry)) extend(entry);
  };
  return quiet;
}

const heartbeatUntilStop = changedConsume(
  '`stop` ends the heartbeat of what is in flight, too',
  'a message in flight stays with its consumer after `stop`, for longer than the broker waits',
  () => (_, broker) => {
    const held = new Set<Entry>();
    return {
      delivery: (delivery) => {
        const entry = entryOf(broker, delivery);
        if (entry) held.add(entry);
        return {};
      },
      consumption: (consumption) => ({
        stop: () => {
          for (const entry of held) quietOf(broker).add(entry);
          return consumption.stop();
        },
      }),
    };
  },
);

const heartbeatUntilCut = changedConsume(
  'only the first connection has a heartbeat',
  'a message delivered after a cut stays with its consumer for longer than the broker waits',
  () =>
    ({ onError }, broker) => {
      let isFirst = true;
      return {
        options: {
          onError: (error) => {
            isFirst = false;
            onError(error);
          },
        },
        delivery: (delivery) => {
          const entry = entryOf(broker, delivery);
          if (!isFirst && entry) quietOf(broker).add(entry);
          return {};
        },
      };
    },
);

const roomTwice = changedConsume(
  'a nack with a delay makes room at once, and once more when the delay is over',
  'a nack with a delay makes room only once',
  () =>
    ({ maximumInFlight }, broker) => {
      let extra = 0;
      return {
        options: {
          get maximumInFlight() {
            return maximumInFlight + extra;
          },
        },
        delivery: (delivery) => ({
          nack: async (delayMs = 0) => {
            await delivery.nack(delayMs);
            if (delayMs <= 0) return;
            const more = () => {
              extra += 1;
              broker.pump();
            };
            setTimeout(more, delayMs).unref();
          },
        }),
      };
    },
);

/** Answers wait for the broker, and whatever ends waits for them. */
const waitingAnswers =
  (waits: 'consumption' | 'transport'): Change =>
  (inner, broker) => {
    const answers: Promise<void>[] = [];
    const tell = (answer: () => Promise<void>) => {
      const told = broker.isReachable ? answer() : never<void>();
      answers.push(told);
      return told;
    };
    return {
      consume: async (options) => {
        const consumption = await inner.consume({
          ...options,
          deliver: (delivery) =>
            options.deliver({
              ...delivery,
              ack: () => tell(delivery.ack),
              nack: (delayMs) => tell(() => delivery.nack(delayMs)),
            }),
        });
        const close = async () => {
          if (waits === 'consumption') await Promise.allSettled(answers);
          await consumption.close();
        };
        return { stop: () => consumption.stop(), close };
      },
      close: async () => {
        if (waits === 'transport') await Promise.allSettled(answers);
        await inner.close();
      },
    };
  };

const endedByUs = changedConsume(
  'the end of a connection is an error, but for the first one',
  endCase,
  () =>
    ({ onError }) => {
      let isFirst = true;
      return {
        options: {
          onError: (error) => {
            isFirst = false;
            onError(error);
          },
        },
        consumption: (consumption) => ({
          close: async () => {
            await consumption.close();
            if (!isFirst) onError(new Error('The connection was closed.'));
          },
        }),
      };
    },
);

const endedByTheTransport = changed(
  'the end of a transport is an error for its consumptions, after a reconnection',
  endCase,
  () => (inner, broker) => {
    const listeners = new Set<(error: unknown) => void>();
    return {
      consume: async (options) => {
        listeners.add(options.onError);
        const consumption = await inner.consume(options);
        const close = () => {
          listeners.delete(options.onError);
          return consumption.close();
        };
        return { stop: () => consumption.stop(), close };
      },
      close: async () => {
        await inner.close();
        if (broker.connectionEpoch === 0) return;
        for (const tell of listeners) tell(new Error('The connection was closed.'));
      },
    };
  },
);

const sizeOfHeaders = (headers: Readonly<Record<string, string>>): number =>
  Object.entries(headers).reduce((sum, [name, value]) => sum + name.length + value.length, 0);

export const secondTimeMutants: readonly TransportMutant[] = [
  heartbeatUntilStop,
  heartbeatUntilCut,
  roomTwice,
  delivering('a delay that is no whole number is an error', numberCase, (delivery) => ({
    nack: async (delayMs = 0) => {
      if (Number.isFinite(delayMs)) BigInt(delayMs);
      await delivery.nack(delayMs);
    },
  })),
  delivering('a delay must end at a time that there is', numberCase, (delivery) => ({
    nack: async (delayMs = 0) => {
      new Date(Math.min(Math.max(delayMs, 0), 10 ** 12)).toISOString();
      await delivery.nack(delayMs);
    },
  })),
  changed(
    'closing a consumption waits for answers that wait for the broker',
    'closing a consumption with answers in progress settles while the broker is unreachable',
    () => waitingAnswers('consumption'),
  ),
  changed(
    'closing a transport waits for answers that wait for the broker',
    'closing a transport with answers in progress settles while the broker is unreachable',
    () => waitingAnswers('transport'),
  ),
  endedByUs,
  endedByTheTransport,
  {
    name: 'long headers count as part of the body',
    killedBy: 'a body of the largest size arrives with eight kilobytes of headers',
    mutate: (transport) => ({
      publish: async (messages) => {
        const isTooLarge = messages.some(
          ({ body, headers }) => body.length + sizeOfHeaders(headers) > 1_000 + 1_024,
        );
        if (!isTooLarge) return transport.publish(messages);
        return messages.map(() => ({ status: 'refused', reason: 'Too large.' }));
      },
    }),
  },
];
