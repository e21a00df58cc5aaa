import assert from 'node:assert/strict';
import { isOrderchartError } from '../../errors.ts';
import type { Delivery } from '../../transport/transport.ts';
import { casesOf, type TransportConformanceContext } from './case.ts';
import type { Consumer } from './consumer.ts';
import { assertArrived, bytes, firstsOf, messageOf, publish, upTo } from './given.ts';

/** Checks that each published message is delivered to exactly one of these consumers. */
async function assertShared(
  { transport, eventually }: TransportConformanceContext,
  ...consumers: readonly Consumer[]
): Promise<void> {
  const messages = upTo(50).map((number) => messageOf(number));
  await publish(transport, ...messages);
  const arrived = () => consumers.flatMap((consumer) => consumer.messages);
  await eventually(
    'every message reaches one of two consumers',
    () => firstsOf(arrived()).length === messages.length,
  );
  assertArrived(arrived(), messages);
  // Nothing was lost or redelivered, so no message may have arrived twice.
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

  ...casesOf('delivery', ['consumes', 'again', 'concurrentConsumers'], {
    'when one of two consumers ends, the other one gets the rest': async (context) => {
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
        'every message reaches one of two consumers',
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

    'a second consumption of one transport gets no message that is in flight at the first one':
      async ({ transport, consume, eventually }) => {
        const held = upTo(3).map((number) => messageOf(number));
        const isHeld = ({ message }: Delivery) => held.some(({ id }) => id === message.id);
        const first = await consume({
          // Enough room even if the adapter splits it between several queues.
          maximumInFlight: 12,
          handle: (delivery, self) => void (isHeld(delivery) || self.ack(delivery)),
        });
        await publish(transport, ...held);
        const deliveries = [...(await first.untilAll(held))];
        const second = await consume({ handle: 'hold', maximumInFlight: 1_000 }).catch(
          () => undefined,
        );
        // Far more messages than the remaining room, so that the second consumption has started before
        // all are delivered. A consumption that is only a standby gets none of them.
        const later = upTo(300).map((number) => messageOf(10 + number));
        await publish(transport, ...later);
        const arrived = () => [...first.messages, ...(second?.messages ?? [])];
        await eventually(
          'every message reaches one of the two',
          () => firstsOf(arrived()).length === held.length + later.length,
        );
        const taken = new Set(second?.messages.map(({ id }) => id));
        for (const delivery of deliveries.filter(({ message }) => taken.has(message.id))) {
          // The broker may have moved it, as Kafka does when it rebalances a group.
          const { id } = delivery.message;
          assert.equal(await first.ack(delivery), false, `${id} is in flight at both`);
        }
      },

    'ending a second consumption of one transport leaves the first one running': async ({
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
