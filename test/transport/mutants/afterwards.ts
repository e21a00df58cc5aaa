import type { ReferenceBroker } from '../reference.ts';
import { consuming, delivering, never, spoiling, type TransportMutant } from './mutant.ts';

/** Faults that show some time after a connection was lost. */
export const afterwardsMutants: readonly TransportMutant[] = [
  consuming(
    'each new connection listens once more, and the old ones listen on',
    'long after the connection was cut several times, each message arrives once',
    (consume, options, broker) =>
      consume({
        ...options,
        deliver: (delivery) => {
          for (let time = 0; time <= broker.connectionEpoch; time += 1) options.deliver(delivery);
        },
      }),
  ),
  {
    name: 'a new connection begins all consumptions again, ended ones too',
    killedBy: 'a stopped or closed consumption does not resume when the connection is restored',
    mutate: ({ consume }, broker) => ({
      consume: async (options) => {
        const consumption = await (consume?.(options) ?? never());
        const revive = () => consume?.(options);
        const end = (work: () => Promise<void>) => async () => {
          await work();
          revivalsOf(broker).add(revive);
        };
        return {
          stop: end(() => consumption.stop()),
          close: end(() => consumption.close()),
        };
      },
    }),
  },
  delivering(
    'an ack that reached nobody is told as one that did',
    'an ack of a message delivered before a cut rejects, or the message is not redelivered',
    (delivery) => ({ ack: () => delivery.ack().catch(() => undefined) }),
  ),
  spoiling(
    'only the first outage is survived',
    'a transport survives a second outage like the first one',
    (broker) => {
      const { interrupt } = broker;
      let count = 0;
      broker.interrupt = () => {
        count += 1;
        if (count > 1) {
          for (const consumption of broker.consumptions) consumption.subscribe = () => undefined;
        }
        return interrupt.call(broker);
      };
    },
  ),
  consuming(
    'consuming that begins while the broker is away begins never',
    'consuming that starts while the broker is unreachable fails soon, or starts when it is back',
    async (consume, options, broker) => {
      const isReachable = broker.isReachable;
      const consumption = await consume(options);
      if (!isReachable) await consumption.close();
      return consumption;
    },
  ),
];

const revivals = new WeakMap<ReferenceBroker, Set<() => unknown>>();

/** What is begun again after the next cut. */
function revivalsOf(broker: ReferenceBroker): Set<() => unknown> {
  const known = revivals.get(broker);
  if (known) return known;
  const fresh = new Set<() => unknown>();
  revivals.set(broker, fresh);
  const { cut } = broker;
  broker.cut = () => {
    cut.call(broker);
    for (const revive of fresh) revive();
    fresh.clear();
  };
  return fresh;
}
