import type { PublishResult, TransportMessage } from '../../../src/transport/transport.ts';
import { copyOf, unavailable } from '../reference.ts';
import { answering, never, type TransportMutant } from './mutant.ts';

const published: PublishResult = { status: 'published' };
const awayCase =
  'publishing fails soon while the broker is unreachable, and resumes by itself afterwards';
const loadCase =
  'with connections cut under load, no message answered `published` is lost, and order holds';
const duplicateCase = 'messages can be published again, and order holds';
const refusalCase =
  'a refused message does not affect the others in its batch, and answers stay in order';

const isFailed = ({ status }: PublishResult) => status === 'failed';

/** Faults in publishing and its answers. */
export const publishingMutants: readonly TransportMutant[] = [
  answering('answers come in another order', refusalCase, (results) => results.toReversed()),
  answering('one that is refused takes the batch with it', refusalCase, (results) => {
    const refused = results.find(({ status }) => status === 'refused');
    return refused ? results.map(() => refused) : results;
  }),
  answering('answers are too few', 'every message of a batch is answered', (results) =>
    results.slice(1),
  ),
  {
    name: 'an empty batch is an error',
    killedBy: 'an empty batch is answered with an empty list',
    mutate: (transport) => ({
      publish: async (messages) => {
        if (messages.length === 0) throw new TypeError('Nothing to publish.');
        return transport.publish(messages);
      },
    }),
  },
  {
    name: 'batches that are published at once share a buffer',
    killedBy: 'batches published at the same time all arrive',
    mutate: (transport) => {
      let buffer: readonly TransportMessage[] = [];
      return {
        publish: async (messages) => {
          buffer = messages;
          await Promise.resolve();
          return transport.publish(buffer);
        },
      };
    },
  },
  {
    name: 'it is confirmed before the broker has it',
    killedBy:
      'a message answered `published` is there even if its transport is closed immediately afterwards',
    mutate: (transport, broker) => {
      let isOpen = true;
      return {
        publish: async (messages) => {
          const copies = messages.map(copyOf);
          setTimeout(() => {
            if (isOpen) for (const copy of copies) broker.store(copy);
          }, 5);
          return messages.map(() => published);
        },
        close: async () => {
          isOpen = false;
          await transport.close();
        },
      };
    },
  },
  answering('a message that was lost on its way is `published`', loadCase, (results) =>
    results.map(() => published),
  ),
  {
    name: 'while the broker is away everything is `published`',
    killedBy: awayCase,
    mutate: (transport, broker) => ({
      publish: async (messages) =>
        broker.isReachable ? transport.publish(messages) : messages.map(() => published),
    }),
  },
  {
    name: 'while the broker is away publishing waits for it',
    killedBy: awayCase,
    mutate: (transport, broker) => ({
      publish: (messages) => (broker.isReachable ? transport.publish(messages) : never()),
    }),
  },
  answering('what failed is refused for good', awayCase, (results) =>
    results.map((result) => (isFailed(result) ? { status: 'refused', reason: 'no' } : result)),
  ),
  {
    name: 'the error of the client comes through',
    killedBy: awayCase,
    mutate: (transport) => ({
      publish: async (messages) => {
        const results = await transport.publish(messages);
        if (results.some(isFailed)) throw new TypeError('socket is null');
        return results;
      },
    }),
  },
  answering('an error repeats the body', awayCase, (results, messages) =>
    results.map((result, index) =>
      isFailed(result) ? { status: 'failed', error: errorWith(messages[index]) } : result,
    ),
  ),
  {
    name: 'after a cut publishing fails for ever',
    killedBy: 'publishing resumes by itself after the connection was cut',
    mutate: (transport, broker) => ({
      publish: async (messages) =>
        broker.connectionEpoch === 0
          ? transport.publish(messages)
          : messages.map(() => ({ status: 'failed', error: unavailable() })),
    }),
  },
  {
    name: 'it gives up after five lost connections',
    killedBy: 'publishing resumes by itself after the connection was cut',
    mutate: (transport, broker) => ({
      publish: async (messages) =>
        broker.connectionEpoch <= 5
          ? transport.publish(messages)
          : messages.map(() => ({ status: 'failed', error: unavailable() })),
    }),
  },
  {
    name: 'what failed is `published` and sent again behind what comes later',
    killedBy: loadCase,
    mutate: (transport, broker) => ({
      publish: async (messages) => {
        const results = await transport.publish(messages);
        for (const [index, message] of messages.map(copyOf).entries()) {
          if (results[index]?.status === 'failed') setTimeout(() => broker.store(message), 10);
        }
        return results.map((result) => (isFailed(result) ? published : result));
      },
    }),
  },
  {
    name: 'every other message is sent late',
    killedBy: 'messages of one key arrive in the order of publishing, with many keys at once',
    mutate: lateMutation(({ sequence = 0 }) => sequence % 2 === 1),
  },
  {
    name: 'the batches of some keys are sent late',
    killedBy: 'messages of one key in successive batches stay in order',
    mutate: lateMutation(({ key, sequence = 0 }) => key === 'key-3' && sequence === 4),
  },
  {
    name: 'what was published before is taken for a stale writer',
    killedBy: duplicateCase,
    mutate: (transport) => {
      const latest = new Map<string, number>();
      return {
        publish: async (messages) => {
          const isStale = ({ key, sequence = 0 }: TransportMessage) =>
            sequence <= (latest.get(key) ?? 0);
          if (messages.some(isStale)) throw unavailable();
          for (const { key, sequence = 0 } of messages) latest.set(key, sequence);
          return transport.publish(messages);
        },
      };
    },
  },
  {
    name: 'ids are remembered by a transport that says that it does not deduplicate',
    killedBy:
      'without deduplication, an id that is reused under another key or repeated loses no message',
    spoil: (broker) => {
      const store = broker.store.bind(broker);
      const known = new Set<string>();
      broker.store = (message) => {
        const name = `${message.key} ${message.id}`;
        broker.ids.clear();
        if (!known.has(name)) store(message);
        known.add(name);
      };
    },
  },
  {
    name: 'after a refusal the key is blocked',
    killedBy: 'after a message is refused, the next one of its key is published',
    mutate: (transport) => {
      const blocked = new Set<string>();
      return {
        publish: async (messages) => {
          const results = await transport.publish(messages);
          return results.map((result, index): PublishResult => {
            const key = messages[index]?.key ?? '';
            if (result.status === 'refused') blocked.add(key);
            return blocked.has(key) ? { status: 'refused', reason: 'no' } : result;
          });
        },
      };
    },
  },
  {
    name: 'everything is sent twice',
    killedBy: 'without faults, a message published once arrives once',
    spoil: (broker) => {
      const store = broker.store.bind(broker);
      broker.store = (message) => {
        store(message);
        broker.ids.delete(message.id);
        store(message);
      };
    },
  },
  {
    name: 'what is published twice arrives twice',
    killedBy: 'a message published twice with the same id arrives once',
    spoil: (broker) => {
      const store = broker.store.bind(broker);
      broker.store = (message) => {
        broker.ids.clear();
        store(message);
      };
    },
  },
  {
    name: 'each transport knows only the ids that it published itself',
    killedBy: 'a message that two transports publish with the same id arrives once',
    mutate: (_, broker) => {
      const own = new Set<string>();
      return {
        publish: async (messages) => {
          for (const message of messages.filter(({ id }) => !own.has(id))) {
            own.add(message.id);
            broker.ids.delete(message.id);
            broker.store(copyOf(message));
          }
          return messages.map(() => published);
        },
      };
    },
  },
  {
    name: 'ids are compared without their case',
    killedBy: 'messages whose ids differ in case or in punctuation are different messages',
    spoil: (broker) => {
      const store = broker.store.bind(broker);
      broker.store = (message) => {
        const id = message.id.toLowerCase();
        if (!broker.log.some((known) => known.id.toLowerCase() === id)) store(message);
      };
    },
  },
  {
    name: 'keys are one when they differ in case',
    killedBy: 'keys that look alike are different keys',
    mutate: (transport) => {
      const latest = new Map<string, number>();
      return {
        publish: async (messages) => {
          const refused: PublishResult = { status: 'refused', reason: 'A stale writer.' };
          const isStale = messages.some(({ key, sequence = 0 }) => {
            const before = latest.get(key.toLowerCase()) ?? 0;
            latest.set(key.toLowerCase(), sequence);
            return sequence < before;
          });
          return isStale ? messages.map(() => refused) : transport.publish(messages);
        },
      };
    },
  },
];

/** Some messages are `published` at once, and sent when the next one of their key was. */
function lateMutation(
  isLate: (message: TransportMessage) => boolean,
): NonNullable<TransportMutant['mutate']> {
  return (transport, broker) => {
    const late = new Map<string, TransportMessage>();
    return {
      publish: async (messages) => {
        const earlier = messages.flatMap(({ key }) => late.get(key) ?? []);
        for (const message of messages) late.delete(message.key);
        for (const message of messages.filter(isLate).map(copyOf)) late.set(message.key, message);
        await transport.publish(messages.filter((message) => !isLate(message)));
        for (const message of earlier) broker.store(message);
        return messages.map(() => published);
      },
    };
  };
}

function errorWith(message: TransportMessage | undefined): Error {
  return Object.assign(unavailable(), { request: Buffer.from(message?.body ?? '').toString() });
}
