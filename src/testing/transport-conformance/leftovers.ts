import assert from 'node:assert/strict';
import type { Transport } from '../../transport/transport.ts';
import { casesOf, type TransportConformanceContext } from './case.ts';
import { startConsumer } from './consumer.ts';
import { lane, messageOf, publish, upTo } from './given.ts';
import { persist } from './persist.ts';
import { ResourceTracker } from './resources.ts';

/** How often something is done: what stays each time is told from a pool, or the last connection. */
const times = 6;

/** Does `work` several times, after which less than one thing of a kind each time may be there. */
async function assertNothingStays(
  { eventually }: TransportConformanceContext,
  work: (time: number) => Promise<void>,
): Promise<void> {
  const tracker = new ResourceTracker();
  const grown = () => [...tracker.counts()].filter(([, count]) => count >= times);
  tracker.start();
  try {
    for (const time of upTo(times)) await work(time);
    await eventually('all that was opened is gone', () => grown().length === 0);
  } catch (error) {
    if (grown().length === 0) throw error;
    const list = grown().map(([kind, count]) => `${count} ${kind}`);
    assert.fail(`after ${times} times there are still: ${list.join(', ')} (${error})`);
  } finally {
    tracker.stop();
  }
}

/** Opens, publishes, consumes where it can, and closes. */
async function liveOnce(
  { patienceMs, within }: TransportConformanceContext,
  transport: Transport,
  time: number,
): Promise<void> {
  try {
    await within('`open` settles', transport.open());
    const message = messageOf(time);
    await publish(transport, message);
    if (transport.features.consumes) {
      const consumer = await startConsumer(transport, {}, patienceMs);
      await consumer.untilAll([message]);
      await consumer.settled();
      // The last one is left to the end of its transport.
      if (time % 2 === 0) await consumer.end();
    }
  } finally {
    await within('`close` settles', transport.close());
  }
}

export const leftoverCases = [
  ...casesOf('what stays', ['again'], {
    'a transport that is closed leaves no connection, timer or listener': async (context) =>
      assertNothingStays(context, async (time) =>
        liveOnce(context, await context.unopened(), time),
      ),

    'closing what was never opened settles': async ({ unopened, within }) => {
      const transport = await unopened();
      await within('`close` settles', transport.close());
      await within('a second `close` settles', transport.close());
    },

    'closing while opening: both settle, and nothing stays': async (context) =>
      assertNothingStays(context, async () => {
        const transport = await context.unopened();
        // Whether it is opened first or given up is all the same.
        const opening = transport.open().catch(() => undefined);
        await context.within('`close` settles', transport.close());
        await context.within('`open` settles', opening);
      }),
  }),

  ...casesOf('what stays', ['wrongAddress'], {
    'an `open` that failed leaves nothing': async (context) =>
      assertNothingStays(context, async () => {
        const { transport } = await context.wrongAddress();
        const opening = transport.open().then(
          () => assert.fail('`open` rejects'),
          () => undefined,
        );
        await context.within('`open` settles', opening);
        await context.within('`close` settles', transport.close());
      }),
  }),

  ...casesOf('what stays', ['consumes', 'redelivers'], {
    'a consumption that is closed leaves nothing': async (context) =>
      assertNothingStays(context, async (time) => {
        const consumer = await context.consume();
        const message = messageOf(time);
        await publish(context.transport, message);
        await consumer.untilAll([message]);
        await consumer.settled();
        await consumer.end();
      }),
  }),

  ...casesOf('what stays', ['breakConnection'], {
    'a connection that was cut leaves nothing when it is replaced': async (context) =>
      assertNothingStays(context, async (time) => {
        await context.breakConnection();
        // Of one key, as a broker may need something for each.
        for (const message of lane('key-1', 1, time)) await persist(context, message);
      }),
  }),
];
