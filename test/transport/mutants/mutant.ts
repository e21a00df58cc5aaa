import { delegateTransport } from '../../../src/testing/delegate-transport.ts';
import type { TransportUnderTest } from '../../../src/testing/transport-conformance/index.ts';
import type {
  ConsumeOptions,
  Consumption,
  Delivery,
  PublishResult,
  Transport,
  TransportMessage,
} from '../../../src/transport/transport.ts';
import { createReference, type ReferenceBroker } from '../reference.ts';

/** A transport with one planted fault, and the case of the suite that must find it. */
export interface TransportMutant {
  readonly name: string;
  readonly killedBy: string;
  /** `transport` hands every call on to a good one; what the mutant returns replaces its methods. */
  readonly mutate?: (transport: Transport, broker: ReferenceBroker) => Partial<Transport>;
  /** Changes the broker, once for all its transports. */
  readonly spoil?: (broker: ReferenceBroker) => void;
}

/** A reference transport with the fault, and with it whatever else the factory gives. */
export function createMutant({ mutate, spoil }: TransportMutant): TransportUnderTest {
  const { broker, ...reference } = createReference();
  spoil?.(broker);
  const mutated = (transport: Transport): Transport => {
    const good = delegateTransport(transport);
    return { ...good, ...mutate?.(good, broker) };
  };
  const unopenable = (make: typeof reference.wrongAddress) => () => {
    const { transport, secrets } = make();
    return { transport: mutated(transport), secrets };
  };
  return {
    ...reference,
    transport: mutated(reference.transport),
    again: () => mutated(reference.again()),
    wrongAddress: unopenable(reference.wrongAddress),
    wrongCredentials: unopenable(reference.wrongCredentials),
  };
}

/** Changes each message on its way out. */
export function sending(
  name: string,
  killedBy: string,
  change: (message: TransportMessage) => TransportMessage,
): TransportMutant {
  const mutate = (transport: Transport) => ({
    publish: (messages: readonly TransportMessage[]) => transport.publish(messages.map(change)),
  });
  return { name, killedBy, mutate };
}

/** Changes the answers to a batch. */
export function answering(
  name: string,
  killedBy: string,
  change: (
    results: readonly PublishResult[],
    messages: readonly TransportMessage[],
  ) => readonly PublishResult[],
): TransportMutant {
  const mutate = (transport: Transport) => ({
    publish: async (messages: readonly TransportMessage[]) =>
      change(await transport.publish(messages), messages),
  });
  return { name, killedBy, mutate };
}

/** Changes each delivery before the consumer sees it. */
export function delivering(
  name: string,
  killedBy: string,
  change: (delivery: Delivery) => Partial<Delivery>,
): TransportMutant {
  return consuming(name, killedBy, (consume, options) =>
    consume({
      ...options,
      deliver: (delivery) => options.deliver({ ...delivery, ...change(delivery) }),
    }),
  );
}

/** Changes how it consumes. */
export function consuming(
  name: string,
  killedBy: string,
  change: (
    consume: NonNullable<Transport['consume']>,
    options: ConsumeOptions,
    broker: ReferenceBroker,
  ) => Promise<Consumption>,
): TransportMutant {
  return {
    name,
    killedBy,
    mutate: ({ consume }, broker) =>
      consume ? { consume: (options) => change(consume, options, broker) } : {},
  };
}

/** Changes a running consumption. */
export function running(
  name: string,
  killedBy: string,
  change: (consumption: Consumption) => Partial<Consumption>,
): TransportMutant {
  return consuming(name, killedBy, async (consume, options) => {
    const consumption = await consume(options);
    const good = { stop: () => consumption.stop(), close: () => consumption.close() };
    return { ...good, ...change(good) };
  });
}

/** Changes the broker. */
export function spoiling(
  name: string,
  killedBy: string,
  spoil: (broker: ReferenceBroker) => void,
): TransportMutant {
  return { name, killedBy, spoil };
}

/** Never settles. */
export const never = <Value>(): Promise<Value> => new Promise(() => undefined);
