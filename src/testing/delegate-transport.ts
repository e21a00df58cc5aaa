import type { Transport } from '../transport/transport.ts';

/**
 * Creates a transport that delegates every call to `transport`. Spread it, and replace the methods
 * that should behave differently. (Spreading an instance of a class would lose its methods.)
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
