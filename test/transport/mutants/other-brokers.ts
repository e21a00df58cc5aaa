import { isUtf8 } from 'node:buffer';
import { setImmediate as turn } from 'node:timers/promises';
import { OrderchartError } from '../../../src/errors.ts';
import type { PublishResult, TransportMessage } from '../../../src/transport/transport.ts';
import { copyOf, secret, unavailable } from '../reference.ts';
import { changed } from './change.ts';
import type { TransportMutant } from './mutant.ts';

// Faults of `open`, `publish` and `close`, as authors of adapters for other brokers make them.

function* partsOf<Item>(items: readonly Item[], size: number): Generator<readonly Item[]> {
  for (let start = 0; start < items.length; start += size) yield items.slice(start, start + size);
}

const batchBytes = changed(
  'parts of a batch are cut by count, not by bytes',
  'a batch of bodies of the largest size arrives',
  () => (inner) => ({
    publish: async (messages) => {
      const results = new Map<TransportMessage, PublishResult>();
      const isTooLarge = ({ body }: TransportMessage) => body.length > 1_000;
      const sent = messages.map(copyOf);
      const alone = sent.filter(isTooLarge);
      for (const part of [
        ...partsOf(
          sent.filter((each) => !isTooLarge(each)),
          10,
        ),
        alone,
      ]) {
        const byteCount = part.reduce((sum, { body }) => sum + body.length, 0);
        const answers: readonly PublishResult[] =
          byteCount > 1_000
            ? part.map(() => ({ status: 'refused', reason: 'The request is too long.' }))
            : await inner.publish(part);
        for (const [index, each] of part.entries()) {
          const answer = answers[index];
          if (answer) results.set(each, answer);
        }
      }
      return sent.map((each) => results.get(each) ?? { status: 'failed', error: unavailable() });
    },
  }),
);

const lateParts = changed(
  'the second part of a batch is read when the first one is answered',
  'changing a message while it is being published does not change the message that arrives',
  () => (inner) => ({
    publish: async (messages) => {
      const results: PublishResult[] = [];
      const count = messages.length;
      for (let start = 0; start < count; start += 10) {
        results.push(...(await inner.publish(messages.slice(start, start + 10))));
      }
      return results;
    },
  }),
);

const rememberedOpening = changed(
  'an `open` that failed is remembered for ever',
  'an `open` that failed while the broker was unreachable succeeds when it is back',
  () => (inner) => {
    let opening: Promise<void> | undefined;
    return {
      open: () => {
        opening ??= inner.open();
        return opening;
      },
    };
  },
);

const encoder = new TextEncoder();
const decoder = new TextDecoder();

const byteOrderMark = changed(
  'a byte order mark is dropped from what looks like text',
  'a body that begins with a byte order mark keeps it',
  () => (inner) => ({
    publish: (messages) =>
      inner.publish(
        messages.map((message) => {
          const { body } = message;
          return isUtf8(body)
            ? { ...message, body: encoder.encode(decoder.decode(body)) }
            : message;
        }),
      ),
  }),
);

const pausedKey = changed(
  'a key of which a message failed stays paused',
  'publishing fails soon while the broker is unreachable, and resumes by itself afterwards',
  () => (inner) => {
    const paused = new Set<string>();
    return {
      publish: async (messages) => {
        const isPaused = messages.map(({ key }) => paused.has(key));
        const keys = messages.map(({ key }) => key);
        const answers = [...(await inner.publish(messages.filter((_, index) => !isPaused[index])))];
        return keys.map((key, index): PublishResult => {
          const failed = { status: 'failed', error: unavailable() } as const;
          const answer = isPaused[index] ? failed : (answers.shift() ?? failed);
          if (answer.status === 'failed' && key !== '') paused.add(key);
          return answer;
        });
      },
    };
  },
);

const rememberedTooEarly = changed(
  'what was sent counts as published before it was confirmed',
  'with connections cut under load, no message answered `published` is lost, and order holds',
  () => (inner) => {
    const sent = new Set<string>();
    return {
      publish: async (messages) => {
        const isSent = messages.map(({ id }) => sent.has(id));
        const fresh = messages.filter((_, index) => !isSent[index]);
        for (const { id, body } of fresh) if (body.length <= 1_000) sent.add(id);
        const answers = [...(await inner.publish(fresh))];
        return isSent.map((is): PublishResult => {
          if (is) return { status: 'published' };
          return answers.shift() ?? { status: 'failed', error: unavailable() };
        });
      },
    };
  },
);

const refusedAtTheEnd = changed(
  'what waits in a buffer at the end is refused',
  'closing while publishing answers no message `refused`, which would be permanent',
  () => (inner) => {
    let isClosing = false;
    const buffered = new Set<Promise<unknown>>();
    const flush = async (
      messages: readonly TransportMessage[],
    ): Promise<readonly PublishResult[]> => {
      await turn();
      if (!isClosing) return inner.publish(messages);
      return messages.map(() => ({ status: 'refused', reason: 'The producer is closed.' }));
    };
    return {
      publish: (messages) => {
        if (isClosing) return inner.publish(messages);
        const flushing = flush(messages.map(copyOf));
        buffered.add(flushing);
        return flushing.finally(() => buffered.delete(flushing));
      },
      close: async () => {
        isClosing = true;
        await Promise.allSettled(buffered);
        await inner.close();
      },
    };
  },
);

const deduplicationByKeyAndSequence = changed(
  'messages of a key without a sequence are taken for the same',
  'messages of one key without a sequence are different messages',
  () => {
    const known = new Set<string>();
    const deduplicationId = ({ id, key, sequence }: TransportMessage) =>
      key === '' ? id : `${key}:${sequence}`;
    return (inner) => ({
      publish: async (messages) => {
        const ids = messages.map(deduplicationId);
        const isKnown = ids.map((id) => known.has(id));
        const answers = [...(await inner.publish(messages.filter((_, index) => !isKnown[index])))];
        return ids.map((id, index): PublishResult => {
          if (isKnown[index]) return { status: 'published' };
          const answer = answers.shift() ?? { status: 'failed', error: unavailable() };
          if (answer.status === 'published') known.add(id);
          return answer;
        });
      },
    });
  },
);

const basicCredentials = changed(
  'an error holds the request with its credentials in base64',
  'errors of publishing contain no secret',
  () => (inner) => ({
    publish: async (messages) => {
      const authorization = `Basic ${Buffer.from(`orders:${secret}`).toString('base64')}`;
      const cause = { request: { method: 'POST', headers: { authorization } } };
      const told = (result: PublishResult): PublishResult => {
        if (result.status !== 'failed') return result;
        const text = 'The broker did not answer.';
        return { ...result, error: new OrderchartError('transportUnavailable', text, { cause }) };
      };
      return (await inner.publish(messages)).map(told);
    },
  }),
);

export const otherBrokerMutants: readonly TransportMutant[] = [
  batchBytes,
  lateParts,
  rememberedOpening,
  byteOrderMark,
  pausedKey,
  rememberedTooEarly,
  refusedAtTheEnd,
  deduplicationByKeyAndSequence,
  basicCredentials,
];
