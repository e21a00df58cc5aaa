import type { TransportMessage } from '../../../src/transport/transport.ts';
import { unavailable } from '../reference.ts';
import { answering, sending, spoiling, type TransportMutant } from './mutant.ts';

const fieldsCase = 'a message arrives with every field as it was published';
const sequenceCase = 'every sequence arrives unchanged';
const finickyCase = 'header values are not split, merged, folded or changed in case';
const refusedCase = 'a body one byte larger is refused, with a reason that does not repeat it';

const changeHeaders =
  (change: (name: string, value: string) => readonly [string, string] | undefined) =>
  (message: TransportMessage): TransportMessage => ({
    ...message,
    headers: Object.fromEntries(
      Object.entries(message.headers).flatMap(([name, value]) => {
        const changed = change(name, value);
        return changed ? [changed] : [];
      }),
    ),
  });

/** Faults in what travels. */
export const messageMutants: readonly TransportMutant[] = [
  sending(
    'a header is lost',
    fieldsCase,
    changeHeaders((name, value) => (name === 'traceparent' ? undefined : [name, value])),
  ),
  sending(
    'the prefix of headers is translated one way only',
    fieldsCase,
    changeHeaders((name, value) => [name.replace('ce-', 'ce_'), value]),
  ),
  sending('the type is lost', fieldsCase, (message) => ({ ...message, type: '' })),
  sending(
    'values of headers are decoded',
    'every header arrives unchanged',
    changeHeaders((name, value) => [
      name,
      value.replaceAll(/%(\d\d)/g, (_, code) => String.fromCharCode(Number.parseInt(code, 16))),
    ]),
  ),
  sending(
    'empty headers are lost',
    'every header arrives unchanged',
    changeHeaders((name, value) => (value === '' ? undefined : [name, value])),
  ),
  sending(
    'a header is made up',
    'a message without headers arrives without headers',
    (message) => ({ ...message, headers: { 'x-sent-by': 'mutant', ...message.headers } }),
  ),
  sending('only thirty headers travel', 'forty headers arrive', (message) => ({
    ...message,
    headers: Object.fromEntries(Object.entries(message.headers).slice(0, 30)),
  })),
  sending(
    'a header ends at 4,000 characters',
    'a header of 4 KB arrives whole',
    changeHeaders((name, value) => [name, value.slice(0, 4_000)]),
  ),
  sending(
    'values of headers are trimmed',
    'header values keep their leading and trailing spaces',
    changeHeaders((name, value) => [name, value.trim()]),
  ),
  sending(
    'values of headers are split at commas',
    finickyCase,
    changeHeaders((name, value) => [name, value.split(/, */).join(', ')]),
  ),
  sending(
    'values of headers are numbers where they look like one',
    finickyCase,
    changeHeaders((name, value) => [name, /^\d[\de.]*$/.test(value) ? `${Number(value)}` : value]),
  ),
  sending(
    'values of headers lose their case',
    finickyCase,
    changeHeaders((name, value) => [name, name === 'x-case' ? value.toLowerCase() : value]),
  ),
  sending(
    'a message without a key gets one',
    'a message without a key and one without a type both arrive',
    (message) => ({ ...message, key: message.key || 'none' }),
  ),
  sending('a sequence of 0 counts as none', sequenceCase, (message) => ({
    ...message,
    sequence: message.sequence || undefined,
  })),
  {
    name: 'a batch is read when there is a connection, not when it is given',
    killedBy:
      'changing a message while it is being published does not change the message that arrives',
    mutate: (transport) => ({
      publish: async (messages) => {
        await new Promise((resolve) => setImmediate(resolve));
        return transport.publish(messages);
      },
    }),
  },
  {
    name: 'answers are matched to the batch as it is when they come',
    killedBy: 'a batch whose array is emptied while it is being published is answered and arrives',
    mutate: (transport) => ({
      publish: async (messages) => {
        const results = await transport.publish([...messages]);
        return messages.map((_, index) => results[index] ?? { status: 'published' });
      },
    }),
  },
  {
    name: 'the bytes of a Buffer are copied by `slice`',
    killedBy:
      'changing a message while it is being published does not change the message that arrives',
    mutate: (transport) => ({
      publish: async (messages) => {
        const copies = messages.map((message) => ({
          ...message,
          headers: { ...message.headers },
          body: message.body.slice(),
        }));
        await new Promise((resolve) => setImmediate(resolve));
        return transport.publish(copies);
      },
    }),
  },
  {
    name: 'a large batch does not fit',
    killedBy: 'a batch of a thousand messages is answered and arrives',
    mutate: (transport) => ({
      publish: async (messages) => {
        if (messages.length > 500) throw unavailable();
        return transport.publish(messages);
      },
    }),
  },
  sending(
    'the body is cut at 999 bytes',
    'a body of exactly the largest size arrives',
    (message) => ({ ...message, body: message.body.subarray(0, 999) }),
  ),
  sending('the body travels as text', 'bytes of every value arrive unchanged', (message) => ({
    ...message,
    body: new TextEncoder().encode(new TextDecoder().decode(message.body)),
  })),
  sending(
    'the whole buffer around the body travels',
    'a body that is a view of a larger buffer arrives without the rest of the buffer',
    (message) => ({
      ...message,
      body: new Uint8Array(message.body.buffer),
    }),
  ),
  sending('an empty body becomes something', 'an empty body arrives empty', (message) => ({
    ...message,
    body: message.body.length === 0 ? new TextEncoder().encode('null') : message.body,
  })),
  sending('keys are cleaned', 'every key arrives unchanged', (message) => ({
    ...message,
    key: message.key.replaceAll(/[*>\s]/g, '_'),
  })),
  sending('keys are normalized', 'keys that look alike are different keys', (message) => ({
    ...message,
    key: message.key.normalize('NFC'),
  })),
  sending('long keys are cut', 'every key arrives unchanged', (message) => ({
    ...message,
    key: message.key.slice(0, 255),
  })),
  sending(
    'types are cut at the first dots in a row',
    'every type arrives unchanged',
    (message) => ({
      ...message,
      type: message.type.split('..')[0] ?? '',
    }),
  ),
  sending('ids are numbers where they look like one', 'every id arrives unchanged', (message) => ({
    ...message,
    id: message.id === '0' ? '' : message.id,
  })),
  sending('a sequence has 32 bits', sequenceCase, (message) => ({
    ...message,
    sequence: message.sequence === undefined ? undefined : message.sequence | 0,
  })),
  sending('a missing sequence becomes 0', sequenceCase, (message) => ({
    ...message,
    sequence: message.sequence ?? 0,
  })),
  sending(
    'the message of the caller is changed',
    'publishing does not change the messages that it is given',
    (message) => {
      message.body.reverse();
      return message;
    },
  ),
  {
    name: 'the bytes of the caller are kept',
    killedBy: 'changing a message after it was answered does not change the message that arrives',
    mutate: (_, broker) => ({
      publish: async (messages) => {
        for (const message of messages) broker.store(message);
        return messages.map(() => ({ status: 'published' }));
      },
    }),
  },
  {
    name: 'the largest body is one too large',
    killedBy: 'a body of exactly the largest size arrives',
    mutate: (transport) => ({
      publish: async (messages) =>
        messages.some(({ body }) => body.length >= 1_000)
          ? messages.map(() => ({ status: 'refused', reason: 'Too large.' }))
          : transport.publish(messages),
    }),
  },
  {
    name: 'a batch has a limit of its own',
    killedBy: 'a batch of bodies of the largest size arrives',
    mutate: (transport) => ({
      publish: async (messages) =>
        messages.reduce((sum, { body }) => sum + body.length, 0) > 2_500
          ? messages.map(() => ({ status: 'failed', error: unavailable() }))
          : transport.publish(messages),
    }),
  },
  answering('what is too large is dropped and `published`', refusedCase, (results) =>
    results.map(() => ({ status: 'published' })),
  ),
  answering('the reason repeats the body', refusedCase, (results, messages) =>
    results.map((result, index) =>
      result.status === 'refused'
        ? { status: 'refused', reason: `Too large: ${Buffer.from(messages[index]?.body ?? [])}` }
        : result,
    ),
  ),
  answering('what is too large fails, to be tried for ever', refusedCase, (results) =>
    results.map((result) =>
      result.status === 'refused' ? { status: 'failed', error: new Error(result.reason) } : result,
    ),
  ),
  spoiling(
    'a batch is stored up to its fiftieth message',
    'a whole batch arrives, each message as it was published',
    (broker) => {
      const store = broker.store.bind(broker);
      broker.store = (message) => {
        if (broker.log.length < 50) store(message);
      };
    },
  ),
];
