import assert from 'node:assert/strict';
import { casesOf } from './case.ts';
import { assertArrived, bytes, messageOf, publish, upTo } from './given.ts';

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

    'a batch of a thousand messages is answered and arrives': async ({ transport, arrivals }) => {
      const seen = await arrivals();
      const messages = upTo(1_000).map((number) => messageOf(number));
      await publish(transport, ...messages);
      assertArrived(await seen.until(messages), messages);
    },

    'batches published at the same time all arrive': async ({ transport, arrivals }) => {
      const seen = await arrivals();
      const batches = upTo(20).map((batch) => upTo(10).map((at) => messageOf(batch * 100 + at)));
      await Promise.all(batches.map((batch) => publish(transport, ...batch)));
      assertArrived(await seen.until(batches.flat()), batches.flat());
    },

    'without faults, a message published once arrives once': async (context) => {
      const { transport, arrivals } = context;
      const seen = await arrivals();
      const messages = upTo(10).map((number) => messageOf(number));
      await publish(transport, ...messages);
      // Once it has arrived, any repetitions would have arrived, too.
      const last = messageOf(11);
      await publish(transport, last);
      const arrived = await seen.until([...messages, last]);
      assert.deepEqual(
        arrived.map(({ id }) => id).sort(),
        [...messages, last].map(({ id }) => id).sort(),
      );
    },

    'publishing does not change the messages that it is given': async ({ transport, arrivals }) => {
      const seen = await arrivals();
      const message = messageOf(1, { headers: Object.freeze({ 'ce-id': 'message-1' }) });
      const before = structuredClone(message);
      await publish(transport, Object.freeze(message));
      assert.deepStrictEqual(message, before);
      await seen.until([message]);
      assert.deepStrictEqual(message, before);
    },

    'changing a message while it is being published does not change the message that arrives':
      async ({ transport, arrivals }) => {
        const large = bytes(Math.min(transport.features.maximumBodyBytes, 200_000));
        const messages = [
          ...upTo(20).map((number) => messageOf(number, { headers: { 'x-a': 'a' } })),
          messageOf(21, { body: large }),
          // `slice` of a Buffer copies nothing.
          messageOf(22, { body: Buffer.from('a body in a Buffer') }),
        ];
        const before = structuredClone(messages);
        const seen = await arrivals();
        const publishing = publish(transport, ...messages);
        for (const message of messages) {
          message.body.fill(0x78);
          Object.assign(message.headers, { 'x-a': 'b' });
        }
        await publishing;
        assertArrived(await seen.until(before), before);
      },

    'changing messages of calls made while another is in progress does not change those that arrive':
      async ({ transport, arrivals }) => {
        const large = bytes(Math.min(transport.features.maximumBodyBytes, 200_000));
        const first = messageOf(1, { body: large });
        // An adapter that sends one batch at a time reads the later ones too late.
        const later = upTo(5).map((batch) =>
          upTo(10).map((at) => messageOf(batch * 100 + at, { headers: { 'x-a': 'a' } })),
        );
        const before = structuredClone([first, ...later.flat()]);
        const seen = await arrivals();
        const calls = [[first], ...later].map((batch) => publish(transport, ...batch));
        for (const message of later.flat()) {
          message.body.fill(0x78);
          Object.assign(message.headers, { 'x-a': 'b' });
        }
        await Promise.all(calls);
        assertArrived(await seen.until(before), before);
      },

    'a batch whose array is emptied while it is being published is answered and arrives': async (
      context,
    ) => {
      const { transport, arrivals, within } = context;
      const seen = await arrivals();
      const messages = upTo(50).map((number) => messageOf(number));
      const batch = [...messages];
      const publishing = within('`publish` settles', transport.publish(batch));
      batch.length = 0;
      const statuses = (await publishing).map(({ status }) => status);
      assert.deepEqual(
        statuses,
        messages.map(() => 'published'),
      );
      assertArrived(await seen.until(messages), messages);
    },

    'changing a message after it was answered does not change the message that arrives': async ({
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
    'a message that one transport publishes is delivered by another one on the same place': async (
      context,
    ) => {
      const { transport, again, consume } = context;
      const consumer = await consume({ transport: await again() });
      const messages = upTo(10).map((number) => messageOf(number));
      await publish(transport, ...messages);
      await consumer.untilAll(messages);
      assertArrived(consumer.messages, messages);
    },
  }),

  ...casesOf('delivery', ['consumes', 'redelivers'], {
    'without faults, `onError` is not called': async ({ transport, consume }) => {
      const consumer = await consume({ handle: 'hold' });
      const messages = upTo(10).map((number) => messageOf(number));
      await publish(transport, ...messages);
      await consumer.drain(messages);
      await consumer.end();
      assert.deepEqual(consumer.errors, []);
    },

    'messages published while there is no consumer are delivered later': async (context) => {
      const { transport, consume } = context;
      const messages = upTo(10).map((number) => messageOf(number));
      await publish(transport, ...messages);
      const consumer = await consume();
      await consumer.untilAll(messages);
      assertArrived(consumer.messages, messages);
    },
  }),
];
