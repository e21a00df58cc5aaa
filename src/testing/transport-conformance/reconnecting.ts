import assert from 'node:assert/strict';
import type { TransportMessage } from '../../transport/transport.ts';
import { casesOf, type TransportConformanceContext } from './case.ts';
import { assertArrived, assertInOrder, lanes, messageOf, publish, upTo } from './given.ts';
import { persist, persistInTurn, publishAttempt } from './persist.ts';
import { watchConsole } from './watch.ts';

/** Publishes all lanes, and calls `disturb` at a quarter, the half and three quarters of the way. */
async function persistDisturbed(
  context: TransportConformanceContext,
  all: readonly (readonly TransportMessage[])[],
  disturb: () => Promise<void>,
): Promise<void> {
  const total = all.flat().length;
  let publishedCount = 0;
  const done = new Set<number>();
  await Promise.all(
    all.map(async (messages) => {
      for (const message of messages) {
        await persist(context, message);
        publishedCount += 1;
        const quarter = Math.floor((publishedCount / total) * 4);
        if (quarter === 0 || quarter === 4 || done.has(quarter)) continue;
        done.add(quarter);
        await disturb();
      }
    }),
  );
}

export const reconnectingCases = [
  ...casesOf('reconnecting', ['breakConnection'], {
    'after the connection was cut publishing goes on by itself': async (context) => {
      const { transport, breakConnection } = context;
      await publish(transport, messageOf(1));
      for (const number of upTo(3)) {
        await breakConnection();
        await persist(context, messageOf(number + 1));
      }
    },

    'a connection that is cut is not written to the console': async (context) => {
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
    'with connections cut under load nothing that was answered `published` is lost, and order holds':
      async (context) => {
        const { transport, arrivals, breakConnection } = context;
        const seen = await arrivals();
        const all = lanes(10, 20);
        await persistDisturbed(context, all, breakConnection);
        const arrived = await seen.until(all.flat());
        assertArrived(arrived, all.flat());
        if (transport.features.ordered) assertInOrder(arrived);
      },
  }),

  ...casesOf('reconnecting', ['breakConnection', 'consumes', 'redelivers'], {
    'after the connection was cut consuming goes on by itself': async (context) => {
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

    'what was in hand at a cut is acked after it, or comes again': async (context) => {
      const { transport, consume, breakConnection, eventually } = context;
      const consumer = await consume({ handle: 'hold' });
      const messages = upTo(5).map((number) => messageOf(number));
      await publish(transport, ...messages);
      const held = [...(await consumer.untilAll(messages))];
      await breakConnection();
      const answers = held.map((delivery) => consumer.ack(delivery));
      const isTold = await context.within('every ack settles', Promise.all(answers));
      const again = held.filter((_, index) => !isTold[index]).map(({ message }) => message.id);
      const isBack = (id: string) => consumer.messages.filter((one) => one.id === id).length > 1;
      await eventually(`${again.join()} come again`, () => again.every(isBack));
    },

    'with connections cut no more is in hand than allowed': async (context) => {
      const { transport, consume, breakConnection } = context;
      const consumer = await consume({ handle: 'hold', maximumInFlight: 3 });
      const messages = upTo(20).map((number) => messageOf(number));
      await publish(transport, ...messages);
      for (const _ of upTo(3)) {
        await consumer.untilInHand(3);
        await breakConnection();
        await persist(context, messageOf(100));
        for (const delivery of [...consumer.inHand].slice(0, 2)) void consumer.ack(delivery);
      }
      await consumer.drain(messages);
      assert.ok(consumer.mostInHand <= 3, `${consumer.mostInHand} in hand, 3 allowed`);
    },
  }),

  ...casesOf('reconnecting', ['interrupt'], {
    'while the broker is away publishing fails soon, and afterwards goes on by itself': async (
      context,
    ) => {
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

    'closing while the broker is away settles': async ({ transport, interrupt, within }) => {
      const restore = await interrupt();
      await within('`close` settles', transport.close());
      await restore();
    },
  }),

  ...casesOf('reconnecting', ['interrupt', 'consumes', 'redelivers'], {
    'while the broker is away the consumer is told, and afterwards goes on by itself': async (
      context,
    ) => {
      const { transport, consume, interrupt, eventually } = context;
      const consumer = await consume({ handle: 'hold' });
      await publish(transport, messageOf(1));
      await consumer.untilCount(1);
      const restore = await interrupt();
      await eventually('`onError` hears of it', () => consumer.errors.length > 0);
      await restore();
      const messages = upTo(5).map((number) => messageOf(number));
      await persistInTurn(context, messages);
      await consumer.drain(messages);
    },

    'closing a consumption while the broker is away settles': async (context) => {
      const { transport, consume, interrupt } = context;
      const consumer = await consume({ handle: 'hold' });
      await publish(transport, messageOf(1));
      await consumer.untilCount(1);
      const restore = await interrupt();
      await consumer.end();
      await restore();
      const next = await consume();
      await next.untilAll([messageOf(1)]);
    },
  }),
];
