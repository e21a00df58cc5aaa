import type { Duplex } from 'node:stream';
import type { ConnectionOptions } from 'node:tls';
import { type ChannelModel, connect, type SocketOptions } from 'amqplib';
import type { Address } from './address.ts';

/** Makes connections to one broker. */
export interface Broker {
  /** The address of the broker, for errors and logs, without secrets. */
  readonly place: string;
  /** @param signal Ends the attempt, and destroys the socket of the connection. */
  connect(signal: AbortSignal): Promise<ChannelModel>;
}

interface BrokerOptions {
  readonly connect: (() => Promise<ChannelModel>) | undefined;
  readonly url: readonly Address[];
  readonly heartbeatMs: number;
  readonly tls: ConnectionOptions | undefined;
}

/** The brokers that the options name: the nodes of a cluster, or the broker of `connect`. */
export function brokersOf({
  connect: connectHost,
  url,
  ...options
}: BrokerOptions): readonly Broker[] {
  if (connectHost !== undefined) return [brokerOf(connectHost)];
  return url.map((address) => brokerAt(address, options));
}

function brokerAt(
  address: Address,
  { heartbeatMs, tls }: Pick<BrokerOptions, 'heartbeatMs' | 'tls'>,
): Broker {
  const { place, vhost, ...rest } = address;
  // amqplib decodes the virtual host, as it would that of a URL.
  const options = { ...rest, vhost: encodeURIComponent(vhost), heartbeat: heartbeatMs / 1_000 };
  return {
    place,
    connect: (signal) =>
      connect(options, {
        ...tls,
        noDelay: true,
        keepAlive: true,
        // amqplib does not expose its socket, but the signal destroys it.
        signal,
      } as SocketOptions),
  };
}

function brokerOf(connectHost: () => Promise<ChannelModel>): Broker {
  return {
    place: 'the broker of `connect`',
    connect: async (signal) => {
      const model = await connectHost();
      // The socket is not declared. Without it, a connection that hangs is abandoned, not destroyed.
      const { stream } = Object(model?.connection) as { readonly stream?: Duplex };
      signal.addEventListener('abort', () => stream?.destroy(signal.reason), { once: true });
      return model;
    },
  };
}
