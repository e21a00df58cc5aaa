import type { TransportMessage } from '../../../src/transport/transport.ts';
import type { Entry, ReferenceBroker } from '../reference.ts';
import { consuming, delivering, spoiling, type TransportMutant } from './mutant.ts';

/** Changes what a nack does. */
function nacking(
  name: string,
  killedBy: string,
  change: (nack: ReferenceBroker['nack'], entry: Entry, delayMs: number | undefined) => void,
): TransportMutant {
  return spoiling(name, killedBy, (broker) => {
    const nack = broker.nack.bind(broker);
    broker.nack = (entry, delayMs) => change(nack, entry, delayMs);
  });
}

/** Moves entries behind all others. */
function moveToEnd(broker: ReferenceBroker, isMoved: (entry: Entry) => boolean): void {
  const [moved = [], kept = []] = [true, false].map((wish) =>
    broker.entries.filter((entry) => isMoved(entry) === wish),
  );
  broker.entries = [...kept, ...moved];
}

/** Faults in what comes again: how often, when, in which order and in which form. */
export const redeliveryMutants: readonly TransportMutant[] = [
  delivering(
    'attempts are counted from 2',
    'the first delivery of a message that waited for a consumer is attempt 1',
    ({ attempt }) => ({ attempt: attempt + 1 }),
  ),
  spoiling(
    'what came back twenty times is dropped',
    'a message that is nacked thirty times is redelivered each time, and never dropped',
    (broker) => {
      const nack = broker.nack.bind(broker);
      broker.nack = (entry, delayMs) =>
        entry.deliveryCount >= 20 ? broker.ack(entry) : nack(entry, delayMs);
    },
  ),
  {
    ...delivering(
      'a nack goes back to its place, over what was acked behind it',
      'a nack while later messages of its key are in flight loses none of them',
      (delivery) => ({ ack: () => delivery.ack().catch(() => undefined) }),
    ),
    spoil: (broker) => {
      const nack = broker.nack.bind(broker);
      broker.nack = (entry, delayMs) => {
        for (const later of broker.entries.slice(broker.entries.indexOf(entry) + 1)) {
          if (later.message.key === entry.message.key && later.holder) nack(later);
        }
        nack(entry, delayMs);
      };
    },
  },
  delivering(
    'a negative delay is an error, and the message stays in hand',
    'a message nacked with a zero, negative or fractional delay is redelivered soon',
    (delivery) => ({
      nack: async (delayMs = 0) => {
        if (delayMs < 0) throw new RangeError('The delay is negative.');
        await delivery.nack(delayMs);
      },
    }),
  ),
  nacking(
    'a delay is ignored',
    'a nacked message is not redelivered before its delay is over',
    (nack, entry) => nack(entry),
  ),
  nacking(
    'a delay is taken for microseconds',
    'a nacked message is not redelivered before its delay is over',
    (nack, entry, delayMs = 0) => nack(entry, delayMs / 1_000),
  ),
  nacking(
    'a delay is taken for seconds',
    'a message nacked with a delay is redelivered',
    (nack, entry, delayMs = 0) => nack(entry, delayMs * 1_000),
  ),
  nacking(
    'a delay beyond 32 bits fires at once',
    'a huge delay is treated as long, not as none',
    (nack, entry, delayMs = 0) => nack(entry, delayMs >= 2 ** 31 ? 1 : delayMs),
  ),
  consuming(
    'all deliveries of a message share its bytes',
    'changes that a consumer makes to a message do not appear in the next delivery',
    (consume, options) => {
      const known = new Map<string, TransportMessage>();
      return consume({
        ...options,
        deliver: (delivery) => {
          const message = known.get(delivery.message.id) ?? delivery.message;
          known.set(message.id, message);
          options.deliver({ ...delivery, message });
        },
      });
    },
  ),
  spoiling(
    'what is given back goes to the end of the queue',
    'messages that a consumer returns reach the next consumer in order, before later messages',
    (broker) => {
      const { giveBack } = broker;
      broker.giveBack = (holder) => {
        moveToEnd(broker, (entry) => entry.holder === holder);
        giveBack.call(broker, holder);
      };
    },
  ),
  spoiling(
    'keys are locked without regard to case',
    'keys that look alike do not wait for one another',
    (broker) => {
      const pump = broker.pump.bind(broker);
      broker.pump = () => {
        const all = broker.entries;
        const lock = ({ message }: Entry) => message.key.toLowerCase();
        broker.entries = all.filter(
          (entry) =>
            !all.some((other) => other !== entry && other.holder && lock(other) === lock(entry)),
        );
        pump();
        broker.entries = all;
      };
    },
  ),
];
