import { isOrderchartError } from '../../../src/errors.ts';
import type { Transport } from '../../../src/transport/transport.ts';
import { consuming, never, spoiling, type TransportMutant } from './mutant.ts';

const closedCase = 'a closed transport leaves no connection, timer or listener behind';
const openingCase = 'closing while opening: both settle, and nothing is left behind';
const credentialsCase = 'an `open` with wrong credentials leaves nothing behind';
const neverOpenedCase = 'closing a transport that was never opened settles';

/** Of Node: the tests run in a time of their own, whose timers are no resources of the process. */
const { setInterval: setRealInterval, clearInterval: clearRealInterval } = globalThis;

/** A heartbeat that nobody stops; it does not keep the tests. */
const beat = () => setRealInterval(() => undefined, 60_000).unref();

/** Changes `open`. */
function opening(
  name: string,
  killedBy: string,
  change: (open: Transport['open']) => Promise<void>,
): TransportMutant {
  return { name, killedBy, mutate: ({ open }) => ({ open: () => change(open) }) };
}

/** Faults in what stays behind. */
export const leftoverMutants: readonly TransportMutant[] = [
  opening('the heartbeat goes on after the end', closedCase, async (open) => {
    beat();
    await open();
  }),
  opening('each transport listens for the end of the process', closedCase, async (open) => {
    process.once('beforeExit', () => undefined);
    await open();
  }),
  opening('what is closed while it opens begins its heartbeat', openingCase, async (open) => {
    await new Promise((resolve) => setTimeout(resolve, 1));
    await open();
    beat();
  }),
  opening('a failed `open` tries again later', 'a failed `open` leaves nothing behind', (open) =>
    open().catch((error: unknown) => {
      beat();
      throw error;
    }),
  ),
  opening('a rejected login leaves its connection open', credentialsCase, (open) =>
    open().catch((error: unknown) => {
      if (isOrderchartError(error, 'transportRefused')) beat();
      throw error;
    }),
  ),
  {
    name: 'what a failed `open` began is ended by `close` alone',
    killedBy: 'an `open` that fails repeatedly leaves nothing behind, even before `close`',
    mutate: ({ open, close }) => {
      const timers: NodeJS.Timeout[] = [];
      return {
        open: () =>
          open().catch((error: unknown) => {
            timers.push(beat());
            throw error;
          }),
        close: async () => {
          for (const timer of timers) clearRealInterval(timer);
          await close();
        },
      };
    },
  },
  consuming(
    'a consumption that its transport ends keeps its timer',
    'a transport that is closed while it consumes leaves nothing behind',
    async (consume, options) => {
      const timer = beat();
      const consumption = await consume(options);
      return {
        stop: () => consumption.stop(),
        close: async () => {
          clearRealInterval(timer);
          await consumption.close();
        },
      };
    },
  ),
  {
    name: 'closing waits for an `open` that nobody called',
    killedBy: neverOpenedCase,
    mutate: ({ open, close }) => {
      const opened = Promise.withResolvers<void>();
      return {
        open: () => open().then(() => opened.resolve()),
        close: () => opened.promise.then(close),
      };
    },
  },
  {
    name: 'closing while opening is a deadlock',
    killedBy: openingCase,
    mutate: ({ open, close }) => {
      let isOpening = false;
      return {
        open: async () => {
          isOpening = true;
          await new Promise((resolve) => setTimeout(resolve, 1));
          await open();
          isOpening = false;
        },
        close: () => (isOpening ? never() : close()),
      };
    },
  },
  consuming(
    'the timer of a consumption goes on after its end',
    'a closed consumption leaves nothing behind',
    (consume, options) => {
      beat();
      return consume(options);
    },
  ),
  spoiling(
    'each connection brings a heartbeat, and none ends',
    'a cut connection leaves nothing behind when it is replaced',
    (broker) => {
      const { cut } = broker;
      broker.cut = () => {
        beat();
        cut.call(broker);
      };
    },
  ),
  consuming(
    'the end of a connection is an error, also when we ended it',
    'closing is not reported to `onError`',
    async (consume, options) => {
      const consumption = await consume(options);
      return {
        stop: () => consumption.stop(),
        close: async () => {
          await consumption.close();
          options.onError(new Error('The connection was closed.'));
        },
      };
    },
  ),
];
