import assert from 'node:assert/strict';
import { casesOf } from './case.ts';
import { assertArrived, firstsOf, messageOf, publish, upTo } from './given.ts';

export const deliveryCases = [
  ...casesOf('delivery', ['arrivals'], {
    'a message arrives with every field as it was published': async ({ transport, arrivals }) => {
      const seen = await arrivals();
      const message = messageOf(1);
      await publish(transport, message);
      assertArrived(await seen.until([message]), [message]);
    },

    'a whole batch arrives, each message as it was published': async ({ transport, arrivals }) => {
      const seen = await arrivals();
      const messages = upTo(100).map((number) => messageOf(number));
      await publish(transport, ...messages);
      assertArrived(await seen.until(messages), messages);
    },

    'batches that are published at once all arrive': async ({ transport, arrivals }) => {
      const seen = await arrivals();
      const batches = upTo(20).map((batch) => upTo(10).map((at) => messageOf(batch * 100 + at)));
      await Promise.all(batches.map((batch) => publish(transport, ...batch)));
      assertArrived(await seen.until(batches.flat()), batches.flat());
    },

    'what is published once arrives once, while nothing is wrong': async (context) => {
      const { transport, arrivals } = context;
      const seen = await arrivals();
      const messages = upTo(10).map((number) => messageOf(number));
      await publish(transport, ...messages);
      // When it is there, repetitions would be as well.
      const last = messageOf(11);
      await publish(transport, last);
      const arrived = await seen.until([...messages, last]);
      assert.deepEqual(
        arrived.map(({ id }) => id).sort(),
        [...messages, last].map(({ id }) => id).sort(),
      );
    },

    'publishing changes nothing of what it was given': async ({ transport, arrivals }) => {
      const seen = await arrivals();
      const message = messageOf(1, { headers: Object.freeze({ 'ce-id': 'message-1' }) });
      const before = structuredClone(message);
      await publish(transport, Object.freeze(message));
      assert.deepStrictEqual(message, before);
      await seen.until([message]);
      assert.deepStrictEqual(message, before);
    },

    'what is done to a message after the answer does not reach the one that arrives': async ({
      transport,
      arrivals,
    }) => {
      const message = messageOf(1);
      const before = structuredClone(message);
      await publish(transport, message);
      message.body.fill(0);
      const seen = await arrivals();
      assertArrived(await seen.until([before]), [before]);
    },
  }),

  ...casesOf('delivery', ['consumes', 'again'], {
    'what one transport publishes, another one on the same place delivers': async (context) => {
      const { transport, again, consume } = context;
      const consumer = await consume({ transport: await again() });
      const messages = upTo(10).map((number) => messageOf(number));
      await publish(transport, ...messages);
      await consumer.untilAll(messages);
      assertArrived(consumer.messages, messages);
    },

    'when one of two consumers goes, the other one gets the rest': async (context) => {
      const { transport, again, consume, eventually } = context;
      const staying = await consume();
      const leaving = await consume({ transport: await again() });
      const batches = upTo(10).map((batch) => upTo(10).map((at) => messageOf(batch * 100 + at)));
      for (const [index, batch] of batches.entries()) {
        await publish(transport, ...batch);
        if (index === 4) await leaving.end();
      }
      const arrived = () => [...staying.messages, ...leaving.messages];
      await eventually(
        'every message comes to one of two consumers',
        () => firstsOf(arrived()).length === 100,
      );
      assertArrived(arrived(), batches.flat());
    },

    'two consumers share the messages: each goes to one of them': async (context) => {
      const { transport, again, consume, eventually } = context;
      const messages = upTo(50).map((number) => messageOf(number));
      const one = await consume({});
      const other = await consume({ transport: await again() });
      await publish(transport, ...messages);
      const arrived = () => [...one.messages, ...other.messages];
      await eventually(
        'every message comes to one of two consumers',
        () => firstsOf(arrived()).length === messages.length,
      );
      assertArrived(arrived(), messages);
      // Nothing was lost or came again, so nothing may have come twice.
      assert.equal(arrived().length, messages.length, 'no message goes to both');
    },
  }),

  ...casesOf('delivery', ['consumes', 'redelivers'], {
    'while nothing is wrong `onError` hears of nothing': async ({ transport, consume }) => {
      const consumer = await consume({ handle: 'hold' });
      const messages = upTo(10).map((number) => messageOf(number));
      await publish(transport, ...messages);
      await consumer.drain(messages);
      await consumer.end();
      assert.deepEqual(consumer.errors, []);
    },

    'what was published while nobody consumed is delivered later': async (context) => {
      const { transport, consume } = context;
      const messages = upTo(10).map((number) => messageOf(number));
      await publish(transport, ...messages);
      const consumer = await consume();
      await consumer.untilAll(messages);
      assertArrived(consumer.messages, messages);
    },
  }),
];
