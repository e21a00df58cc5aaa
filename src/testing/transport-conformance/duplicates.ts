import assert from 'node:assert/strict';
import { casesOf } from './case.ts';
import {
  assertArrived,
  assertInOrder,
  lane,
  messageOf,
  publish,
  publishInTurn,
  upTo,
} from './given.ts';

export const duplicateCases = [
  ...casesOf('duplicates', ['arrivals'], {
    'messages can be published again, and order holds': async (context) => {
      const { transport, arrivals } = context;
      const seen = await arrivals();
      const messages = lane('key-1', 3);
      await publishInTurn(transport, messages);
      // The engine does this after a crash before it saved its position in the feed.
      await publishInTurn(transport, messages);
      const next = lane('key-1', 1, 4);
      await publishInTurn(transport, next);
      const arrived = await seen.until([...messages, ...next]);
      assertArrived(arrived, [...messages, ...next]);
      if (transport.features.ordered) assertInOrder(arrived);
    },

    'messages whose ids differ in case or in punctuation are different messages': async (
      context,
    ) => {
      const { transport, arrivals } = context;
      const seen = await arrivals();
      const ids = ['abc', 'ABC', 'a-bc', 'a_bc', 'a.bc', 'a/bc', 'a:bc', '"abc"', '%61bc'];
      const messages = ids.map((id, index) => messageOf(index + 1, { id }));
      await publish(transport, ...messages);
      assertArrived(await seen.until(messages), messages);
    },

    'messages with the same body are different messages': async (context) => {
      const { transport, arrivals } = context;
      const seen = await arrivals();
      const { body } = messageOf(1);
      const messages = upTo(3).map((number) => messageOf(number, { body }));
      await publish(transport, ...messages);
      assertArrived(await seen.until(messages), messages);
    },

    'messages of one key without a sequence are different messages': async (context) => {
      const { transport, arrivals } = context;
      const seen = await arrivals();
      const key = 'key-1';
      const messages = upTo(3).map((number) => messageOf(number, { key, sequence: undefined }));
      await publishInTurn(transport, messages);
      assertArrived(await seen.until(messages), messages);
    },
  }),

  ...casesOf('duplicates', ['arrivals'], {
    'an id that was published on another place is new on this one': async (context) => {
      // The engine publishes the same events, with the same ids, to several destinations.
      const other = await context.elsewhere();
      const [seenHere, seenThere] = [await context.arrivals(), await other.arrivals()];
      const message = messageOf(1);
      const namesake = messageOf(1, { body: Buffer.from('the message of the other place') });
      await publish(other.transport, namesake);
      await publish(context.transport, message);
      assertArrived(await seenHere.until([message]), [message]);
      assertArrived(await seenThere.until([namesake]), [namesake]);
    },
  }),

  ...casesOf('duplicates', ['arrivals', 'deduplicates'], {
    'a message published twice with the same id arrives once': async (context) => {
      const { transport, arrivals } = context;
      const seen = await arrivals();
      const message = messageOf(1);
      await publish(transport, message);
      await publish(transport, message);
      const last = { ...messageOf(2), key: message.key, sequence: 2 };
      await publish(transport, last);
      const arrived = await seen.until([message, last]);
      assert.deepEqual(arrived.map(({ id }) => id).sort(), [message.id, last.id]);
    },
  }),

  ...casesOf('duplicates', ['arrivals', 'repeats'], {
    'without deduplication, an id that is reused under another key or repeated loses no message':
      async (context) => {
        const { transport, arrivals, eventually } = context;
        const seen = await arrivals();
        const messages = [
          messageOf(1, { id: 'same', key: 'key-1' }),
          messageOf(2, { id: 'same', key: 'key-2' }),
          messageOf(3, { id: 'other', key: 'key-1', sequence: 2 }),
          messageOf(4, { id: 'same', key: 'key-1', sequence: 3 }),
        ];
        await publishInTurn(transport, messages);
        const last = messageOf(5);
        await publish(transport, last);
        const bodies = () => new Set(seen.messages.map(({ body }) => Buffer.from(body).toString()));
        await eventually('all five messages arrive, three of them with one id', async () => {
          await seen.until([last]);
          return bodies().size === 5;
        });
      },
  }),

  ...casesOf('duplicates', ['consumes', 'deduplicates', 'again'], {
    'a message that two transports publish with the same id arrives once': async (context) => {
      const { transport, again, consume } = context;
      const other = await again();
      const consumer = await consume();
      const message = messageOf(1);
      await Promise.all([publish(transport, message), publish(other, message)]);
      const last = { ...messageOf(2), key: message.key, sequence: 2 };
      await publish(other, last);
      await consumer.untilAll([message, last]);
      assert.deepEqual(consumer.messages.map(({ id }) => id).sort(), [message.id, last.id]);
    },
  }),
];
