import type { ChannelModel } from 'amqplib';
import { within } from '../within.ts';
import type { Broker } from './broker.ts';
import { notConnection, toTransportError, unavailable } from './failure.ts';

/** One connection to a broker. */
export interface Connection {
  readonly model: ChannelModel;
  readonly place: string;
  /** Ends the connection immediately. `lost` is called. */
  abort(reason: Error): void;
  /**
   * Closes the connection, in bounded time even if the broker does not answer.
   *
   * @param farewell Runs before that, unless the connection ends first.
   */
  close(farewell?: () => Promise<void>): Promise<void>;
}

/** How long a broker may take to confirm the close, in milliseconds. */
const goodbyeMs = 2_000;

/**
 * Connects once. Rejects when that takes longer than `connectTimeoutMs`.
 *
 * @param lost Called when the connection ends for any reason but `close`.
 */
export async function openConnection(
  broker: Broker,
  connectTimeoutMs: number,
  lost: (error: Error) => void,
): Promise<Connection> {
  const { place } = broker;
  const breaker = new AbortController();
  const connecting = broker.connect(breaker.signal);
  try {
    const model = await within(connecting, connectTimeoutMs);
    if (!isConnection(model)) throw notConnection();
    return watch(model, place, breaker, lost);
  } catch (error) {
    breaker.abort(error);
    // A function of the host cannot be cancelled, so a late connection is discarded.
    connecting.then(discard).catch(() => undefined);
    throw toTransportError(error, place, 'connecting');
  }
}

/** Whether a function of the host made a connection of amqplib, and not one that reconnects. */
function isConnection(model: ChannelModel): boolean {
  const { createConfirmChannel, on } = Object(model) as Partial<ChannelModel>;
  const isModel = typeof createConfirmChannel === 'function' && typeof on === 'function';
  return isModel && !('waitForConnect' in model);
}

async function discard(model: ChannelModel): Promise<void> {
  model.on('error', () => undefined);
  await model.close();
}

function watch(
  model: ChannelModel,
  place: string,
  breaker: AbortController,
  lost: (error: Error) => void,
): Connection {
  let failure: Error | undefined;
  let isClosing = false;
  let isEnded = false;
  const { promise: ended, resolve } = Promise.withResolvers<void>();
  const end = (error?: Error): void => {
    if (isEnded) return;
    isEnded = true;
    resolve();
    const cause: Error | undefined = breaker.signal.reason ?? failure ?? error;
    const why = cause === undefined ? '' : ` (${cause.message})`;
    if (!isClosing) lost(unavailable(place, `the connection was lost${why}`, cause));
  };
  // `close` always follows an error. Without a listener the error would end the process.
  model.on('error', (error) => {
    failure ??= error;
  });
  model.on('close', end);
  const abort = (reason: Error): void => {
    breaker.abort(reason);
    // The socket of a connection of the host may be out of reach.
    setTimeout(end, goodbyeMs).unref();
  };
  return {
    model,
    place,
    abort,
    close: async (farewell) => {
      isClosing = true;
      const timer = setTimeout(() => abort(new Error('the close was not confirmed')), goodbyeMs);
      await Promise.race([farewell?.().catch(() => undefined), ended]);
      // Rejects if the connection has already ended.
      model.close().catch(() => undefined);
      await ended;
      clearTimeout(timer);
    },
  };
}
