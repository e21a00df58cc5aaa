import assert from 'node:assert/strict';
import { casesOf } from './case.ts';
import { assertArrived, bytes, lane, messageOf, publish, statusesOf, upTo } from './given.ts';

export const confirmationCases = [
  ...casesOf('confirmation', [], {
    'every message of a batch is answered': async ({ transport }) => {
      const messages = upTo(30).map((number) => messageOf(number));
      assert.deepEqual(
        await statusesOf(transport, messages),
        messages.map(() => 'published'),
      );
    },

    'an empty batch is answered with an empty list': async ({ transport }) => {
      assert.deepEqual(await transport.publish([]), []);
    },
  }),

  ...casesOf('confirmation', ['arrivals', 'reachableLimit'], {
    'a refused message does not affect the others in its batch, and answers stay in order': async ({
      transport,
      arrivals,
    }) => {
      const seen = await arrivals();
      const tooLarge = bytes(transport.features.maximumBodyBytes + 1);
      const messages = upTo(5).map((number) =>
        messageOf(number, number === 2 ? { body: tooLarge } : {}),
      );
      assert.deepEqual(await statusesOf(transport, messages), [
        'published',
        'refused',
        'published',
        'published',
        'published',
      ]);
      const good = messages.filter((_, index) => index !== 1);
      assertArrived(await seen.until(good), good);
    },

    'refused messages in a large batch do not affect the others, and answers stay in order':
      async ({ transport, arrivals }) => {
        const seen = await arrivals();
        const body = bytes(transport.features.maximumBodyBytes + 1);
        // Adapters send such a batch in parts, of a thousand at most.
        const isTooLarge = (index: number) => index % 211 === 3;
        const messages = upTo(1_100).map((number) =>
          messageOf(number, isTooLarge(number - 1) ? { body } : {}),
        );
        assert.deepEqual(
          await statusesOf(transport, messages),
          messages.map((_, index) => (isTooLarge(index) ? 'refused' : 'published')),
        );
        const good = messages.filter((_, index) => !isTooLarge(index));
        assertArrived(await seen.until(good), good);
      },

    'after a message is refused, the next one of its key is published': async (context) => {
      const { transport, arrivals } = context;
      const seen = await arrivals();
      const [first, tooLarge, next] = lane('key-1', 3);
      assert.ok(first && tooLarge && next);
      const body = bytes(transport.features.maximumBodyBytes + 1);
      await publish(transport, first);
      assert.deepEqual(await statusesOf(transport, [{ ...tooLarge, body }]), ['refused']);
      await publish(transport, next);
      assertArrived(await seen.until([first, next]), [first, next]);
    },
  }),

  ...casesOf('confirmation', ['consumes', 'again', 'redelivers'], {
    'a message answered `published` is there even if its transport is closed immediately afterwards':
      async ({ transport, again, consume, within }) => {
        const other = await again();
        const messages = upTo(20).map((number) => messageOf(number));
        await publish(transport, ...messages);
        await within('`close` settles', transport.close());
        const consumer = await consume({ transport: other });
        await consumer.untilAll(messages);
        assertArrived(consumer.messages, messages);
      },
  }),
];
