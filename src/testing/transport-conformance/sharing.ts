import assert from 'node:assert/strict';
import { isOrderchartError } from '../../errors.ts';
import type { Delivery, Transport } from '../../transport/transport.ts';
import { casesOf, type TransportConformanceContext } from './case.ts';
import type { Consumer } from './consumer.ts';
import { assertArrived, firstsOf, messageOf, publish, upTo } from './given.ts';

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

/** Starts a consumption for each limit, and drains a backlog. None may exceed its own limit. */
async function assertOwnLimits(
  { transport, consume, eventually }: TransportConformanceContext,
  limits: readonly number[],
): Promise<void> {
  const consumers: Consumer[] = [];
  for (const maximumInFlight of limits) {
    const consumer = await consume({ handle: 'hold', maximumInFlight }).catch(() => undefined);
    if (consumer) consumers.push(consumer);
  }
  const messages = upTo(60).map((number) => messageOf(number, { id: `${limits[0]}-${number}` }));
  await publish(transport, ...messages);
  await eventually('every message is acked by one of the consumers', () => {
    // Between two looks each consumption fills up.
    for (const consumer of consumers) {
      for (const delivery of [...consumer.inFlight]) void consumer.ack(delivery);
    }
    return messages.every(({ id }) => consumers.some(({ acked }) => acked.has(id)));
  });
  for (const consumer of consumers) {
    const { mostInFlight, maximumInFlight } = consumer;
    assert.ok(
      mostInFlight <= maximumInFlight,
      `${mostInFlight} in flight, ${maximumInFlight} allowed`,
    );
    await consumer.settled();
    await consumer.end();
  }
}

/** Whether messages in flight at `first` stay there while a consumer of `other` comes and goes. */
async function staysInFlight(
  { transport, consume }: TransportConformanceContext,
  first: Consumer,
  other: Transport,
  numbers: readonly number[],
): Promise<boolean> {
  const messages = numbers.map((number) => messageOf(number));
  await publish(transport, ...messages);
  await first.untilAll(messages);
  const held = [...first.inFlight];
  const second = await consume({ transport: other, handle: 'hold' }).catch(() => undefined);
  await second?.end();
  // A round trip to the broker, in which wrong redeliveries would have arrived.
  const last = messageOf(100 + Math.max(...numbers));
  await publish(transport, last);
  await first.untilAll([last]);
  const countOf = (delivery: Delivery) =>
    first.messages.filter(({ id }) => id === delivery.message.id).length;
  const counts = held.map(countOf);
  const hasReached = await Promise.all(held.map((delivery) => first.ack(delivery)));
  return !hasReached.includes(false) && counts.every((count) => count === 1);
}

/** Cases about several consumers of one place. */
export const sharingCases = [
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

  ...casesOf('delivery', ['consumes', 'redelivers', 'again', 'concurrentConsumers'], {
    'messages in flight at one consumption stay in flight when another one of its transport ends':
      async (context) => {
        const { transport, again, consume } = context;
        const first = await consume({ handle: 'hold', maximumInFlight: 24 });
        // Some brokers move messages whenever a consumer comes or goes, as Kafka does.
        const isMoved = !(await staysInFlight(context, first, await again(), [1, 2, 3]));
        const stays = await staysInFlight(context, first, transport, [4, 5, 6]);
        assert.ok(stays || isMoved, 'a consumption affects no more than one of another process');
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

    'each consumption of a transport has its own `maximumInFlight`': async (context) => {
      for (const limits of [
        [6, 2],
        [2, 6],
      ]) {
        await assertOwnLimits(context, limits);
      }
    },
  }),
];
