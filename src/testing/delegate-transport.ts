import type { Transport } from '../transport/transport.ts';

/**
 * Makes a transport that hands every call on to `transport`: spread it and replace what shall
 * behave otherwise. (Spreading the transport itself would lose its methods when it is a class.)
 *
 * @example
 * const deaf: Transport = { ...delegateTransport(transport), publish: async () => [] };
 */
export function delegateTransport(transport: Transport): Transport {
  const { consume } = transport;
  return {
    name: transport.name,
    features: transport.features,
    open: () => transport.open(),
    publish: (messages) => transport.publish(messages),
    ...(consume && { consume: (options) => consume.call(transport, options) }),
    close: () => transport.close(),
  };
}
