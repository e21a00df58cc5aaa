import assert from 'node:assert/strict';
import { isOrderchartError } from '../../errors.ts';
import type { Delivery } from '../../transport/transport.ts';
import { casesOf, type TransportConformanceContext } from './case.ts';
import type { Consumer } from './consumer.ts';
import { assertArrived, bytes, firstsOf, messageOf, publish, upTo } from './given.ts';

/** What is published comes to one of these consumers each, and to no other one. */
async function assertShared(
  { transport, eventually }: TransportConformanceContext,
  ...consumers: readonly Consumer[]
): Promise<void> {
  const messages = upTo(50).map((number) => messageOf(number));
  await publish(transport, ...messages);
  const arrived = () => consumers.flatMap((consumer) => consumer.messages);
  await eventually(
    'every message comes to one of two consumers',
    () => firstsOf(arrived()).length === messages.length,
  );
  assertArrived(arrived(), messages);
  // Nothing was lost or came again, so nothing may have come twice.
  assert.equal(arrived().length, messages.length, 'no message goes to both');
}

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

    'a batch of a thousand messages is answered, and arrives': async ({ transport, arrivals }) => {
      const seen = await arrivals();
      const messages = upTo(1_000).map((number) => messageOf(number));
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

    'what is done to a message while it is published does not reach the one that arrives': async ({
      transport,
      arrivals,
    }) => {
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

    'a batch that is emptied while it is published is answered, and arrives': async (context) => {
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
  }),

  ...casesOf('delivery', ['consumes', 'again', 'concurrentConsumers'], {
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
      const { again, consume } = context;
      await assertShared(context, await consume(), await consume({ transport: await again() }));
    },
  }),

  ...casesOf('delivery', ['consumes', 'concurrentConsumers'], {
    'a second consumption of one transport shares the messages, or is refused': async (context) => {
      const { consume } = context;
      const first = await consume();
      const second = await consume().catch((error: unknown) => {
        assert.ok(isOrderchartError(error, 'transportRefused'), `it was refused: ${error}`);
      });
      await assertShared(context, first, ...(second ? [second] : []));
    },

    'a second consumption of one transport gets nothing that the first one still has in hand':
      async ({ transport, consume, eventually }) => {
        const held = upTo(3).map((number) => messageOf(number));
        const isHeld = ({ message }: Delivery) => held.some(({ id }) => id === message.id);
        const first = await consume({
          // Room enough where each of several queues has a share of it.
          maximumInFlight: 12,
          handle: (delivery, self) => void (isHeld(delivery) || self.ack(delivery)),
        });
        await publish(transport, ...held);
        const deliveries = [...(await first.untilAll(held))];
        const second = await consume({ handle: 'hold', maximumInFlight: 1_000 }).catch(
          () => undefined,
        );
        // So many for the room that is left that a second one has begun before all are through; one
        // that stands by gets none of them.
        const later = upTo(300).map((number) => messageOf(10 + number));
        await publish(transport, ...later);
        const arrived = () => [...first.messages, ...(second?.messages ?? [])];
        await eventually(
          'every message comes to one of the two',
          () => firstsOf(arrived()).length === held.length + later.length,
        );
        const taken = new Set(second?.messages.map(({ id }) => id));
        for (const delivery of deliveries.filter(({ message }) => taken.has(message.id))) {
          // The broker may have moved it, as Kafka does when a group is balanced again.
          const { id } = delivery.message;
          assert.equal(await first.ack(delivery), false, `${id} is in the hand of both`);
        }
      },

    'a second consumption of one transport that ends leaves the first one at work': async ({
      transport,
      consume,
    }) => {
      const first = await consume();
      const second = await consume().catch(() => undefined);
      await second?.end();
      const messages = upTo(5).map((number) => messageOf(number));
      await publish(transport, ...messages);
      await first.untilAll(messages);
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
