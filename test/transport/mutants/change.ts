import type {
  ConsumeOptions,
  Consumption,
  Delivery,
  Transport,
} from '../../../src/transport/transport.ts';
import type { Entry, ReferenceBroker } from '../reference.ts';
import type { TransportMutant } from './mutant.ts';

/** Changes a transport; called once per transport, with the broker of all. */
export type Change = (inner: Required<Transport>, broker: ReferenceBroker) => Partial<Transport>;

/** A mutant with one change. `begin` gives the change what the transports of one broker share. */
export function changed(name: string, killedBy: string, begin: () => Change): TransportMutant {
  const changes = new WeakMap<ReferenceBroker, Change>();
  return {
    name,
    killedBy,
    mutate: (transport, broker) => {
      const change = changes.get(broker) ?? begin();
      changes.set(broker, change);
      return change(transport as Required<Transport>, broker);
    },
  };
}

/** What a change of `consume` does to the options of one consumption, and to the consumption. */
export interface ConsumeChange {
  readonly options?: Partial<ConsumeOptions>;
  readonly delivery?: (delivery: Delivery) => Partial<Delivery>;
  readonly consumption?: (consumption: Consumption) => Partial<Consumption>;
}

/** A mutant that consumes in another way. */
export const changedConsume = (
  name: string,
  killedBy: string,
  begin: () => (options: ConsumeOptions, broker: ReferenceBroker) => ConsumeChange,
): TransportMutant =>
  changed(name, killedBy, () => {
    const change = begin();
    return (inner, broker) => ({
      consume: async (options) => {
        const { options: changes, delivery, consumption } = change(options, broker);
        const deliver = changes?.deliver ?? options.deliver;
        const passed: ConsumeOptions = {
          get maximumInFlight() {
            return changes?.maximumInFlight ?? options.maximumInFlight;
          },
          onError: changes?.onError ?? options.onError,
          deliver: (each) => deliver({ ...each, ...delivery?.(each) }),
        };
        const running = await inner.consume(passed);
        return {
          stop: () => running.stop(),
          close: () => running.close(),
          ...consumption?.(running),
        };
      },
    });
  });

/** What the broker has of a delivery. */
export function entryOf(broker: ReferenceBroker, { message }: Delivery): Entry | undefined {
  return broker.entries.find((entry) => entry.message.id === message.id);
}
