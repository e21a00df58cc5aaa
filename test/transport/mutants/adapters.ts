import type {
  ConsumeOptions,
  Consumption,
  PublishResult,
  TransportMessage,
} from '../../../src/transport/transport.ts';
import { copyOf } from '../reference-broker.ts';
import {
  answering,
  consuming,
  delivering,
  running,
  sending,
  spoiling,
  type TransportMutant,
} from './mutant.ts';

// Twenty faults as authors of adapters make them, planted without a look at the cases before; what
// came out is told in docs/internals/tests.md.

const published = { status: 'published' } as const;

/** Says of those that it does not send that they were published. */
function losing(
  name: string,
  killedBy: string,
  isLost: () => (message: TransportMessage, index: number) => boolean,
): TransportMutant {
  const mutate: TransportMutant['mutate'] = (transport) => {
    const isGone = isLost();
    return {
      publish: async (messages) => {
        const kept = messages.filter((message, index) => !isGone(message, index));
        const results = await transport.publish(kept);
        return messages.map((message) => results[kept.indexOf(message)] ?? published);
      },
    };
  };
  return { name, killedBy, mutate };
}

/** Changes the headers of each message that comes in. */
function translating(
  name: string,
  change: (header: readonly [string, string]) => readonly (readonly [string, string])[],
): TransportMutant {
  return delivering(name, 'every header arrives unchanged', ({ message }) => {
    const headers = Object.fromEntries(Object.entries(message.headers).flatMap(change));
    return { message: { ...message, headers } };
  });
}

function decoded(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}

const neighbours =
  'a refused message does not affect the others in its batch, and answers stay in order';
const everySequence = 'every sequence arrives unchanged';
const isRefused = ({ status }: PublishResult): number => (status === 'refused' ? 0 : 1);

const publishing: readonly TransportMutant[] = [
  answering('gives the answers of a batch with the refused ones first', neighbours, (results) =>
    results.toSorted((one, other) => isRefused(one) - isRefused(other)),
  ),
  answering('says of a whole batch what became of its first message', neighbours, (results) =>
    results.map((result) => results[0] ?? result),
  ),
  losing(
    'loses what is beyond the 500th message of a batch',
    'a batch of a thousand messages is answered and arrives',
    () => (_, index) => index >= 500,
  ),
  losing(
    'takes a message with the body of the one before for the same',
    'messages with the same body are different messages',
    () => {
      let last: Uint8Array | undefined;
      return ({ body }) => {
        const isSame = last !== undefined && Buffer.from(body).equals(last);
        last = Uint8Array.from(body);
        return isSame;
      };
    },
  ),
  losing(
    'takes messages of one key and sequence for the same',
    'a message without a key and one without a type both arrive',
    () => {
      const seen = new Set<string>();
      return ({ key, sequence }) => {
        const name = `${key}/${sequence}`;
        const isSame = seen.has(name);
        seen.add(name);
        return isSame;
      };
    },
  ),
  sending('cuts keys at 255 bytes', 'every key arrives unchanged', (message) => ({
    ...message,
    key: Buffer.from(message.key).subarray(0, 255).toString(),
  })),
  sending('sends a sequence of 0 as none', everySequence, (message) => ({
    ...message,
    sequence: message.sequence || undefined,
  })),
  {
    name: 'says of what it could not send that it was published',
    killedBy:
      'publishing fails soon while the broker is unreachable, and resumes by itself afterwards',
    mutate: (transport) => ({
      publish: async (messages) =>
        (await transport.publish(messages)).map((result) =>
          result.status === 'failed' ? published : result,
        ),
    }),
  },
];

const arriving: readonly TransportMutant[] = [
  translating('decodes percent signs in the values of headers', ([name, value]) => [
    [name, decoded(value)],
  ]),
  translating('leaves out headers that are empty', (header) => (header[1] === '' ? [] : [header])),
  delivering('delivers no sequence as 0', everySequence, ({ message }) => ({
    message: { ...message, sequence: message.sequence ?? 0 },
  })),
  consuming(
    'delivers bodies in one buffer, which the next delivery writes over',
    'a delivery in flight does not change while others are delivered',
    (consume, options) => {
      const buffer = new Uint8Array(4096);
      const deliver: typeof options.deliver = (delivery) => {
        buffer.set(delivery.message.body);
        const body = buffer.subarray(0, delivery.message.body.length);
        options.deliver({ ...delivery, message: { ...delivery.message, body } });
      };
      return consume({ ...options, deliver });
    },
  ),
  consuming(
    'counts attempts anew with each consumption',
    'messages that a consumer held when it was closed reach the next one',
    (consume, options) => {
      const counts = new Map<string, number>();
      const deliver: typeof options.deliver = (delivery) => {
        const attempt = (counts.get(delivery.message.id) ?? 0) + 1;
        counts.set(delivery.message.id, attempt);
        options.deliver({ ...delivery, attempt });
      };
      return consume({ ...options, deliver });
    },
  ),
  consuming(
    'acks four at a time, and forgets at the end what it has not told',
    'acked messages are not redelivered',
    (consume, options) => {
      let waiting: (() => Promise<void>)[] = [];
      const acked = async (ack: () => Promise<void>): Promise<void> => {
        waiting.push(ack);
        if (waiting.length < 4) return;
        const acks = waiting;
        waiting = [];
        await Promise.all(acks.map((one) => one()));
      };
      const deliver: typeof options.deliver = (delivery) =>
        options.deliver({ ...delivery, ack: () => acked(delivery.ack) });
      return consume({ ...options, deliver });
    },
  ),
];

const holding: readonly TransportMutant[] = [
  spoiling(
    'puts a nacked message behind all others',
    'messages that a consumer returns reach the next consumer in order, before later messages',
    (broker) => {
      const nack = broker.nack.bind(broker);
      broker.nack = (entry, delayMs) => {
        broker.entries = [...broker.entries.filter((other) => other !== entry), entry];
        nack(entry, delayMs);
      };
    },
  ),
  running(
    'gives back what is in hand when it stops',
    'after `stop` nothing more is delivered, and earlier deliveries can be acked and nacked',
    (consumption) => ({ stop: () => consumption.close() }),
  ),
  spoiling(
    'keeps what a closed consumer held',
    'messages that a consumer held when it was closed reach the next one',
    (broker) => {
      broker.giveBack = () => {};
    },
  ),
  spoiling(
    'delivers only what is new after a broken connection',
    'published messages are still there after a restart of the broker',
    (broker) => {
      const cut = broker.cut.bind(broker);
      broker.cut = () => {
        cut();
        broker.entries = [];
      };
    },
  ),
  consuming(
    'tells of an error when it is closed',
    'without faults, `onError` is not called',
    async (consume, options) => {
      const consumption = await consume(options);
      const close = async (): Promise<void> => {
        await consumption.close();
        options.onError(new Error('The connection was closed.'));
      };
      return { stop: () => consumption.stop(), close };
    },
  ),
  {
    name: 'lets a second consumption of a transport take the place of the first',
    killedBy: 'ending a second consumption of one transport leaves the first one running',
    mutate: ({ consume }) => {
      let present: Consumption | undefined;
      if (consume === undefined) return {};
      return {
        consume: async (options) => {
          await present?.stop();
          present = await consume(options);
          return present;
        },
      };
    },
  },
  {
    name: 'tells every consumption of a transport of each message',
    killedBy: 'a second consumption of one transport shares the messages, or is refused',
    mutate: ({ consume }) => {
      const all: ConsumeOptions[] = [];
      if (consume === undefined) return {};
      return {
        consume: (options) => {
          all.push(options);
          return consume({
            ...options,
            deliver: (delivery) => {
              for (const each of all)
                each.deliver({ ...delivery, message: copyOf(delivery.message) });
            },
          });
        },
      };
    },
  },
  {
    name: 'ends all consumptions of a transport with one of them',
    killedBy: 'ending a second consumption of one transport leaves the first one running',
    mutate: ({ consume }) => {
      const all: Consumption[] = [];
      if (consume === undefined) return {};
      return {
        consume: async (options) => {
          const consumption = await consume(options);
          all.push(consumption);
          const close = async (): Promise<void> => {
            for (const one of all) await one.close();
          };
          return { stop: () => consumption.stop(), close };
        },
      };
    },
  },
];

export const adapterMutants: readonly TransportMutant[] = [...publishing, ...arriving, ...holding];
