import { OrderchartError } from '../../../src/errors.ts';
import type { Transport } from '../../../src/transport/transport.ts';
import { type ReferenceBroker, secret, unavailable } from '../reference.ts';
import { consuming, never, spoiling, type TransportMutant } from './mutant.ts';

const cutCase = 'publishing resumes by itself after the connection was cut';
const toldCase =
  '`onError` is called while the broker is unreachable, and consuming resumes by itself afterwards';
const addressCase = 'opening fails if the address leads nowhere';
const againCase = 'a failed `open` can be tried again';
const credentialsCase = 'opening fails if the credentials are wrong';

/** Does something beside each cut. */
function cutting(
  name: string,
  killedBy: string,
  change: (cut: () => void, broker: ReferenceBroker) => void,
): TransportMutant {
  return spoiling(name, killedBy, (broker) => {
    const cut = broker.cut.bind(broker);
    broker.cut = () => change(cut, broker);
  });
}

/** Changes how `open` fails. */
function opening(
  name: string,
  killedBy: string,
  change: (error: OrderchartError) => Error,
): TransportMutant {
  const mutate = ({ open }: Transport) => ({
    open: () =>
      open().catch((error: OrderchartError) => {
        throw change(error);
      }),
  });
  return { name, killedBy, mutate };
}

/** Faults around connections: opening, losing and making them again. */
export const connectionMutants: readonly TransportMutant[] = [
  cutting('a rejection is left unhandled', cutCase, (cut) => {
    void Promise.reject(unavailable());
    cut();
  }),
  cutting('it writes to the console', 'a cut connection writes nothing to the console', (cut) => {
    const { console } = globalThis;
    console.error('Connection lost, reconnecting...');
    cut();
  }),
  cutting(
    'after a cut consuming stays silent',
    'consuming resumes by itself after the connection was cut',
    (_, broker) => {
      broker.connectionEpoch += 1;
      for (const consumption of broker.consumptions) broker.giveBack(consumption);
      broker.consumptions.clear();
    },
  ),
  cutting(
    'what is in hand at a cut is lost',
    'messages in flight at a cut can be acked after it, or are redelivered',
    (cut, broker) => {
      const held = broker.entries.filter(({ holder }) => holder !== undefined);
      broker.entries = broker.entries.filter((entry) => !held.includes(entry));
      for (const entry of held) entry.holder = undefined;
      cut();
    },
  ),
  cutting(
    'after a cut the consumer is taken for empty',
    'with connections cut, at most `maximumInFlight` messages are in flight',
    (cut, broker) => {
      for (const consumption of broker.consumptions) consumption.held = 0;
      cut();
    },
  ),
  spoiling(
    'a delayed message is forgotten at a cut',
    'with connections cut at any moment, every message is delivered in order, and nothing else',
    (broker) => {
      const { nack, cut } = broker;
      broker.nack = (entry, delayMs = 0) => nack.call(broker, entry, 20 * delayMs);
      broker.cut = () => {
        broker.entries = broker.entries.filter((entry) => !entry.isDelayed);
        cut.call(broker);
      };
    },
  ),
  {
    name: 'closing after a cut waits for the old connection',
    killedBy: 'closing right after a cut settles',
    mutate: (transport, broker) => ({
      close: () => (broker.connectionEpoch > 0 ? never() : transport.close()),
    }),
  },
  {
    name: 'closing waits for the broker',
    killedBy: 'closing while the broker is unreachable settles',
    mutate: (transport, broker) => ({
      close: () => (broker.isReachable ? transport.close() : never()),
    }),
  },
  consuming(
    'closing a consumption waits for the broker',
    'closing a consumption while the broker is unreachable settles',
    async (consume, options, broker) => {
      const consumption = await consume(options);
      return {
        stop: () => consumption.stop(),
        close: () => (broker.isReachable ? consumption.close() : never()),
      };
    },
  ),
  consuming('the consumer is told nothing', toldCase, (consume, options) =>
    consume({ ...options, onError: () => undefined }),
  ),
  spoiling('the broker comes back and nobody notices', toldCase, (broker) => {
    const { interrupt } = broker;
    broker.interrupt = () => {
      for (const consumption of broker.consumptions) consumption.subscribe = () => undefined;
      return interrupt.call(broker);
    };
  }),
  spoiling(
    'a restart empties the queue',
    'published messages are still there after a restart of the broker',
    (broker) => {
      broker.restart = () => {
        broker.entries = [];
        broker.cut();
      };
    },
  ),
  spoiling(
    'the first message after a restart is confirmed and lost',
    'a restart under load loses nothing, and order holds',
    (broker) => {
      const store = broker.store.bind(broker);
      let isLost = false;
      broker.restart = () => {
        isLost = true;
        broker.cut();
      };
      broker.store = (message) => {
        if (!isLost) store(message);
        isLost = false;
      };
    },
  ),
  {
    name: 'the last one to leave empties the queue',
    killedBy: 'published messages are still there after every transport was closed',
    mutate: (transport, broker) => ({
      close: async () => {
        await transport.close();
        broker.entries = [];
      },
    }),
  },
  opening(
    'the message of an error holds the password',
    addressCase,
    ({ code }) => new OrderchartError(code, `Cannot connect to amqp://guest:${secret}@localhost.`),
  ),
  opening(
    'the details of an error hold the password',
    credentialsCase,
    ({ code, message }) =>
      new OrderchartError(code, message, { details: { options: { password: secret } } }),
  ),
  opening('the cause of an error holds the password', credentialsCase, ({ code, message }) => {
    const cause = Object.assign(new Error('refused'), { url: new URL(`amqp://guest:${secret}@x`) });
    return new OrderchartError(code, message, { cause });
  }),
  opening(
    'the error of the client comes through at the start',
    addressCase,
    () => new Error('ECONNREFUSED'),
  ),
  opening(
    'wrong credentials are told as a broker that is away',
    credentialsCase,
    ({ message }) => new OrderchartError('transportUnavailable', message),
  ),
  {
    name: 'opening does not connect',
    killedBy: addressCase,
    mutate: ({ open }) => ({ open: () => open().catch(() => undefined) }),
  },
  {
    name: 'opening tries for ever',
    killedBy: addressCase,
    mutate: ({ open }) => ({ open: () => open().catch(never<void>) }),
  },
  {
    name: 'what could not be opened counts as closed',
    killedBy: againCase,
    mutate: ({ open }) => {
      let hasFailed = false;
      return {
        open: async () => {
          if (hasFailed) throw new OrderchartError('transportClosed', 'It is closed.');
          hasFailed = true;
          await open();
        },
      };
    },
  },
  {
    name: 'what could not be opened is taken for open the next time',
    killedBy: againCase,
    mutate: ({ open }) => {
      let opening: Promise<void> | undefined;
      return {
        open: async () => {
          if (opening !== undefined) return;
          opening = open();
          await opening;
        },
      };
    },
  },
  {
    name: 'what could not be opened cannot be closed',
    killedBy: credentialsCase,
    mutate: ({ open, close }) => {
      let isOpen = false;
      return {
        open: async () => {
          await open();
          isOpen = true;
        },
        close: async () => {
          if (!isOpen) throw new TypeError('connection is undefined');
          await close();
        },
      };
    },
  },
];
