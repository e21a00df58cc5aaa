import type { ReferenceBroker } from '../reference.ts';
import { consuming, never, running, type TransportMutant } from './mutant.ts';

const stopCase =
  'after `stop` nothing more is delivered, and earlier deliveries can be acked and nacked';
const busyCase =
  'closing while publishing: every call settles, and every `published` message is there';
const againCase = 'another consumption can start after one has ended';

/** Faults at the end: of a consumption, and of a transport. */
export const closingMutants: readonly TransportMutant[] = [
  running('stopping does not stop', stopCase, () => ({ stop: async () => undefined })),
  running('stopping gives everything back at once', stopCase, (consumption) => ({
    stop: () => consumption.close(),
  })),
  running(
    'a closed consumption keeps what it held',
    'messages that a consumer held when it was closed reach the next one',
    (consumption) => ({ close: () => consumption.stop() }),
  ),
  running(
    'a consumption cannot be closed twice',
    'stopping and closing a consumption may be repeated',
    (consumption) => {
      let isClosed = false;
      return {
        close: async () => {
          if (isClosed) throw new Error('It is closed.');
          isClosed = true;
          await consumption.close();
        },
      };
    },
  ),
  {
    name: 'a transport consumes once',
    killedBy: againCase,
    mutate: ({ consume }) => {
      let count = 0;
      return {
        consume: (options) => {
          count += 1;
          const deliver = count === 1 ? options.deliver : () => undefined;
          return consume?.({ ...options, deliver }) ?? never();
        },
      };
    },
  },
  {
    name: 'a closed transport keeps what it held',
    killedBy: 'messages that a transport held when it was closed reach another one',
    mutate: () => ({ close: async () => undefined }),
  },
  {
    name: 'a closed transport goes on delivering',
    killedBy: 'closing while consuming: nothing hangs, nothing is lost',
    mutate: (transport) => ({
      close: async () => {
        setTimeout(() => transport.close(), 50);
      },
    }),
  },
  {
    name: 'closing twice throws',
    killedBy: 'closing may be repeated',
    mutate: (transport) => {
      let isClosed = false;
      return {
        close: async () => {
          if (isClosed) throw new Error('The connection is closed.');
          isClosed = true;
          await transport.close();
        },
      };
    },
  },
  {
    name: 'closing waits for the closing that is under way, which waits for it',
    killedBy: 'two calls of `close` at the same time both settle',
    mutate: (transport) => {
      let calls = 0;
      return {
        close: async () => {
          calls += 1;
          await new Promise((resolve) => setImmediate(resolve));
          return calls > 1 ? never() : transport.close();
        },
      };
    },
  },
  {
    name: 'closing waits for what is in hand',
    killedBy: 'deliveries in flight when their transport is closed can be answered without harm',
    mutate: (transport, broker) => ({
      close: () => (isAnythingHeld(broker) ? never() : transport.close()),
    }),
  },
  {
    name: 'what is in hand at the end throws when it is answered',
    killedBy: 'deliveries in flight when their transport is closed can be answered without harm',
    mutate: ({ consume, close }) => {
      let isClosed = false;
      return {
        consume: (options) =>
          consume?.({
            ...options,
            deliver: (delivery) =>
              options.deliver({
                ...delivery,
                nack: (delayMs) => {
                  if (isClosed) void Promise.reject(new Error('The channel is closed.'));
                  return delivery.nack(delayMs);
                },
              }),
          }) ?? never(),
        close: async () => {
          isClosed = true;
          await close();
        },
      };
    },
  },
  {
    name: 'publishing under way is forgotten at the end',
    killedBy: busyCase,
    mutate: (transport) => {
      let isClosed = false;
      return {
        publish: async (messages) => {
          const results = await transport.publish(messages);
          return isClosed ? never() : results;
        },
        close: async () => {
          isClosed = true;
          await transport.close();
        },
      };
    },
  },
  {
    name: 'publishing under way fails with the error of the client',
    killedBy: busyCase,
    mutate: (transport) => {
      let isClosed = false;
      return {
        publish: async (messages) => {
          const results = await transport.publish(messages);
          if (isClosed) throw new TypeError('channel is undefined');
          return results;
        },
        close: async () => {
          isClosed = true;
          await transport.close();
        },
      };
    },
  },
  {
    name: 'a closed transport says nothing and publishes nothing',
    killedBy: 'a closed transport refuses to publish',
    mutate: (transport) => ({
      publish: async (messages) => {
        try {
          return await transport.publish(messages);
        } catch {
          return messages.map(() => ({ status: 'published' }));
        }
      },
    }),
  },
  consuming(
    'a closed transport consumes nothing',
    'a closed transport refuses to consume',
    (consume, options) =>
      consume(options).catch(() => ({ stop: async () => undefined, close: async () => undefined })),
  ),
];

const isAnythingHeld = ({ entries }: ReferenceBroker) => entries.some(({ holder }) => holder);
