import { type ChannelModel, connect, type Options, type SocketOptions } from 'amqplib';
import type { Address } from './address.ts';
import { toTransportError, unavailable } from './failure.ts';
import type { RabbitmqSettings } from './options.ts';

/** One connection to a broker, from its first to its last moment. */
export interface Connection {
  readonly model: ChannelModel;
  readonly place: string;
  /** Ends it now, whatever is under way; `lost` is told. */
  abort(reason: Error): void;
  /**
   * Says goodbye to the broker, and ends; in bounded time also when nobody answers.
   *
   * @param farewell What is to be done before that, if the connection lasts so long.
   */
  close(farewell?: () => Promise<void>): Promise<void>;
}

/** How long a broker may take to answer a goodbye, in milliseconds. */
const goodbyeMs = 2_000;

/**
 * Connects once, within `connectTimeoutMs`.
 *
 * @param lost Is called when the connection ended, for whatever reason but `close`.
 */
export async function openConnection(
  address: Address,
  settings: RabbitmqSettings,
  lost: (error: Error) => void,
): Promise<Connection> {
  const { place } = address;
  const breaker = new AbortController();
  const abort = (reason: Error): void => breaker.abort(reason);
  const { connectTimeoutMs } = settings;
  const timer = setTimeout(
    () => abort(new Error(`no answer within ${connectTimeoutMs} ms`)),
    connectTimeoutMs,
  );
  try {
    const model = await connect(connectOptions(address, settings), {
      ...settings.tls,
      noDelay: true,
      keepAlive: true,
      // amqplib gives no way to its socket; the signal destroys it, which is all that is needed.
      signal: breaker.signal,
    } as SocketOptions);
    return watch(model, place, breaker, lost);
  } catch (error) {
    throw toTransportError(breaker.signal.reason ?? error, place, 'connecting');
  } finally {
    clearTimeout(timer);
  }
}

function connectOptions(address: Address, { heartbeatMs }: RabbitmqSettings): Options.Connect {
  const { protocol, hostname, port, username, password, vhost } = address;
  const heartbeat = heartbeatMs / 1_000;
  // amqplib unescapes the virtual host, as it would one of a URL.
  const escaped = encodeURIComponent(vhost);
  return { protocol, hostname, port, username, password, vhost: escaped, heartbeat };
}

function watch(
  model: ChannelModel,
  place: string,
  breaker: AbortController,
  lost: (error: Error) => void,
): Connection {
  let failure: Error | undefined;
  let isClosing = false;
  const ended = new Promise<void>((resolve) => {
    // An error is always followed by `close`, and without a listener it would end the process.
    model.on('error', (error) => {
      failure ??= error;
    });
    model.on('close', (error?: Error) => {
      resolve();
      const cause: Error | undefined = breaker.signal.reason ?? failure ?? error;
      const why = cause === undefined ? '' : ` (${cause.message})`;
      if (!isClosing) lost(unavailable(place, `the connection was lost${why}`, cause));
    });
  });
  return {
    model,
    place,
    abort: (reason) => breaker.abort(reason),
    close: async (farewell) => {
      isClosing = true;
      const timer = setTimeout(() => breaker.abort(new Error('no goodbye')), goodbyeMs);
      await Promise.race([farewell?.().catch(() => undefined), ended]);
      // It rejects when the connection has ended already, which is what is wanted.
      model.close().catch(() => undefined);
      await ended;
      clearTimeout(timer);
    },
  };
}
