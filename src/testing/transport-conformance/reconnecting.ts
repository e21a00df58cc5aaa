import assert from 'node:assert/strict';
import { casesOf, type TransportConformanceContext } from './case.ts';
import { assertArrived, assertInOrder, lanes, messageOf, publish, upTo } from './given.ts';
import { persist, persistDisturbed, persistInTurn, publishAttempt } from './persist.ts';
import { watchConsole } from './watch.ts';

/** Answers deliveries as the broker becomes unreachable, and afterwards. Waits for no answer. */
async function answerInOutage(context: TransportConformanceContext) {
  const { transport, consume, interrupt, eventually } = context;
  const consumer = await consume({ handle: 'hold' });
  const messages = upTo(8).map((number) => messageOf(number));
  await publish(transport, ...messages);
  const [one, two, three, four, five, six] = await consumer.untilAll(messages);
  assert.ok(one && two && three && four && five && six);
  void consumer.ack(one);
  void consumer.nack(two);
  const restore = await interrupt();
  void consumer.ack(three);
  await eventually('`onError` is called', () => consumer.errors.length > 0);
  void consumer.ack(four);
  void consumer.nack(five);
  void consumer.nack(six, 50);
  return { consumer, restore };
}

export const reconnectingCases = [
  ...casesOf('reconnecting', ['breakConnection'], {
    'publishing resumes by itself after the connection was cut': async (context) => {
      const { transport, breakConnection } = context;
      await publish(transport, messageOf(1));
      // More often than clients try by default before they give up.
      for (const number of upTo(12)) {
        await breakConnection();
        await persist(context, messageOf(number + 1));
      }
    },

    'a cut connection writes nothing to the console': async (context) => {
      const written = await watchConsole(async () => {
        await persist(context, messageOf(1));
        await context.breakConnection();
        await persist(context, messageOf(2));
      });
      assert.deepEqual(written, []);
    },

    'closing right after a cut settles': async ({ transport, breakConnection, within }) => {
      await publish(transport, messageOf(1));
      await breakConnection();
      await within('`close` settles', transport.close());
    },
  }),

  ...casesOf('reconnecting', ['breakConnection', 'arrivals'], {
    'with connections cut under load, no message answered `published` is lost, and order holds':
      async (context) => {
        const { transport, arrivals, breakConnection } = context;
        const seen = await arrivals();
        const all = lanes(10, 20);
        await persistDisturbed(context, all, 3, breakConnection);
        const arrived = await seen.until(all.flat());
        assertArrived(arrived, all.flat());
        if (transport.features.ordered) assertInOrder(arrived);
      },
  }),

  ...casesOf('reconnecting', ['breakConnection', 'consumes', 'redelivers'], {
    'consuming resumes by itself after the connection was cut': async (context) => {
      const { transport, consume, breakConnection } = context;
      const consumer = await consume();
      await publish(transport, messageOf(1));
      await consumer.untilCount(1);
      for (const number of upTo(3)) {
        await breakConnection();
        await persist(context, messageOf(number + 1));
        await consumer.untilAll([messageOf(number + 1)]);
      }
    },

    'messages in flight at a cut can be acked after it, or are redelivered': async (context) => {
      const { transport, consume, breakConnection, eventually } = context;
      const consumer = await consume({ handle: 'hold' });
      const messages = upTo(6).map((number) => messageOf(number));
      await publish(transport, ...messages);
      const held = [...(await consumer.untilAll(messages))];
      await breakConnection();
      const answers = held.map((delivery, index) =>
        index % 2 === 0 ? consumer.ack(delivery) : consumer.nack(delivery),
      );
      const hasReached = await context.within('every answer settles', Promise.all(answers));
      const isDone = (index: number) => index % 2 === 0 && hasReached[index];
      const again = held.filter((_, index) => !isDone(index)).map(({ message }) => message.id);
      const isBack = (id: string) => consumer.messages.filter((one) => one.id === id).length > 1;
      await eventually(`${again.join()} are redelivered`, () => again.every(isBack));
    },

    'with connections cut, at most `maximumInFlight` messages are in flight': async (context) => {
      const { transport, consume, breakConnection } = context;
      const consumer = await consume({ handle: 'hold', maximumInFlight: 3 });
      const messages = upTo(20).map((number) => messageOf(number));
      await publish(transport, ...messages);
      for (const _ of upTo(3)) {
        await consumer.untilInFlight(3);
        await breakConnection();
        await persist(context, messageOf(100));
        for (const delivery of [...consumer.inFlight].slice(0, 2)) void consumer.ack(delivery);
      }
      await consumer.drain(messages);
      assert.ok(consumer.mostInFlight <= 3, `${consumer.mostInFlight} in flight, 3 allowed`);
    },
  }),

  ...casesOf('reconnecting', ['interrupt'], {
    'publishing fails soon while the broker is unreachable, and resumes by itself afterwards':
      async (context) => {
        const restore = await context.interrupt();
        const messages = upTo(20).map((number) => messageOf(number));
        const written = await watchConsole(async () => {
          for (const message of messages) {
            assert.deepEqual(await publishAttempt(context, [message]), ['failed']);
          }
        });
        assert.deepEqual(written, []);
        await restore();
        await persistInTurn(context, messages);
      },

    'closing while the broker is unreachable settles': async ({ transport, interrupt, within }) => {
      const restore = await interrupt();
      await within('`close` settles', transport.close());
      await restore();
    },
  }),

  ...casesOf('reconnecting', ['interrupt', 'consumes', 'redelivers'], {
    '`onError` is called while the broker is unreachable, and consuming resumes by itself afterwards':
      async (context) => {
        const { transport, consume, interrupt, eventually } = context;
        const consumer = await consume({ handle: 'hold' });
        await publish(transport, messageOf(1));
        await consumer.untilCount(1);
        const restore = await interrupt();
        await eventually('`onError` is called', () => consumer.errors.length > 0);
        await restore();
        const messages = upTo(5).map((number) => messageOf(number));
        await persistInTurn(context, messages);
        await consumer.drain(messages);
      },

    'closing a consumption with answers in progress settles while the broker is unreachable':
      async (context) => {
        const { consumer, restore } = await answerInOutage(context);
        await consumer.end();
        await consumer.settled();
        await restore();
      },

    'closing a transport with answers in progress settles while the broker is unreachable': async (
      context,
    ) => {
      const { transport, within } = context;
      const { consumer, restore } = await answerInOutage(context);
      const publishing = transport.publish([messageOf(99)]).catch(() => undefined);
      await within('`close` settles', transport.close());
      await within('`publish` settles', publishing);
      await consumer.settled();
      await restore();
    },

    'closing a consumption while the broker is unreachable settles': async (context) => {
      const { transport, consume, interrupt } = context;
      const consumer = await consume({ handle: 'hold' });
      await publish(transport, messageOf(1));
      await consumer.untilCount(1);
      const restore = await interrupt();
      await consumer.end();
      await restore();
      // Once this succeeds, the transport has reconnected.
      await persist(context, messageOf(2));
      const next = await consume();
      await next.untilAll([messageOf(1)]);
    },
  }),
];
