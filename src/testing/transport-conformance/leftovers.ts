import assert from 'node:assert/strict';
import type { Transport } from '../../transport/transport.ts';
import { casesOf, type TransportConformanceContext } from './case.ts';
import { startConsumer } from './consumer.ts';
import { lane, messageOf, publish, upTo } from './given.ts';
import { persist } from './persist.ts';
import { ResourceTracker } from './resources.ts';

/** The number of repetitions, to distinguish a leak from a pool or one remaining connection. */
const times = 6;

/** Repeats `work`. Fails if at least one resource of a kind is left for each repetition. */
async function assertNothingStays(
  { eventually }: TransportConformanceContext,
  work: (time: number) => Promise<void>,
): Promise<void> {
  const tracker = new ResourceTracker();
  const grown = () => [...tracker.counts()].filter(([, count]) => count >= times);
  tracker.start();
  try {
    for (const time of upTo(times)) await work(time);
    await eventually('everything that was opened is closed', () => grown().length === 0);
  } catch (error) {
    if (grown().length === 0) throw error;
    const list = grown().map(([kind, count]) => `${count} ${kind}`);
    assert.fail(`after ${times} repetitions these are left: ${list.join(', ')} (${error})`);
  } finally {
    tracker.stop();
  }
}

/** Opens, publishes, consumes if the transport can, and closes. */
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
      // Every second consumption is left for the transport to end.
      if (time % 2 === 0) await consumer.end();
    }
  } finally {
    await within('`close` settles', transport.close());
  }
}

async function failToOpen(
  { within }: TransportConformanceContext,
  transport: Transport,
): Promise<void> {
  const opening = transport.open().then(
    () => assert.fail('`open` rejects'),
    () => undefined,
  );
  await within('`open` settles', opening);
}

export const leftoverCases = [
  ...casesOf('leftovers', ['again'], {
    'a closed transport leaves no connection, timer or listener behind': async (context) =>
      assertNothingStays(context, async (time) =>
        liveOnce(context, await context.unopened(), time),
      ),

    'closing a transport that was never opened settles': async ({ unopened, within }) => {
      const transport = await unopened();
      await within('`close` settles', transport.close());
      await within('a second `close` settles', transport.close());
    },

    'closing while opening: both settle, and nothing is left behind': async (context) =>
      assertNothingStays(context, async () => {
        const transport = await context.unopened();
        // `open` may finish or reject; both are allowed.
        const opening = transport.open().catch(() => undefined);
        await context.within('`close` settles', transport.close());
        await context.within('`open` settles', opening);
      }),
  }),

  ...casesOf('leftovers', ['wrongAddress'], {
    'a failed `open` leaves nothing behind': async (context) =>
      assertNothingStays(context, async () => {
        const { transport } = await context.wrongAddress();
        await failToOpen(context, transport);
        await context.within('`close` settles', transport.close());
      }),

    'an `open` that fails repeatedly leaves nothing behind, even before `close`': async (
      context,
    ) => {
      const { transport } = await context.wrongAddress();
      try {
        await assertNothingStays(context, () => failToOpen(context, transport));
      } finally {
        await context.within('`close` settles', transport.close());
      }
    },
  }),

  ...casesOf('leftovers', ['wrongCredentials'], {
    'an `open` with wrong credentials leaves nothing behind': async (context) =>
      assertNothingStays(context, async () => {
        const { transport } = await context.wrongCredentials();
        await failToOpen(context, transport);
        await context.within('`close` settles', transport.close());
      }),
  }),

  ...casesOf('leftovers', ['consumes', 'redelivers'], {
    'a closed consumption leaves nothing behind': async (context) =>
      assertNothingStays(context, async (time) => {
        const consumer = await context.consume();
        const message = messageOf(time);
        await publish(context.transport, message);
        await consumer.untilAll([message]);
        await consumer.settled();
        await consumer.end();
      }),
  }),

  ...casesOf('leftovers', ['consumes', 'redelivers', 'again'], {
    'a transport that is closed while it consumes leaves nothing behind': async (context) =>
      assertNothingStays(context, async (time) => {
        const transport = await context.unopened();
        try {
          await context.within('`open` settles', transport.open());
          const consumer = await context.consume({ transport, handle: 'hold' });
          // What is in flight is returned, and delivered to the next one.
          if (time === 1) await publish(transport, messageOf(1));
          await consumer.untilCount(1);
        } finally {
          await context.within('`close` settles', transport.close());
        }
      }),
  }),

  ...casesOf('leftovers', ['breakConnection'], {
    'a cut connection leaves nothing behind when it is replaced': async (context) =>
      assertNothingStays(context, async (time) => {
        await context.breakConnection();
        // All of one key, since a broker may need resources for each key.
        for (const message of lane('key-1', 1, time)) await persist(context, message);
      }),
  }),
];
