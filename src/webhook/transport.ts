import { OrderchartError } from '../errors.ts';
import { snapshotOf } from '../transport/snapshot.ts';
import type {
  PublishResult,
  Transport,
  TransportFeatures,
  TransportMessage,
} from '../transport/transport.ts';
import { type HttpAnswer, resultOf, waitMsOf } from './answers.ts';
import { type Connections, openConnections } from './connections.ts';
import { type CheckedEndpoint, checkEndpoint, urlFault } from './endpoint.ts';
import { Holds } from './holds.ts';
import { guardedLookup } from './lookup.ts';
import { unfitReason } from './message.ts';
import { toTransportError } from './network-errors.ts';
import { type PostSettings, post } from './post.ts';
import type { WebhookSettings } from './settings.ts';
import { Limit, Slots } from './slots.ts';
import { standardHeaders } from './standard.ts';
import { tell } from './tell.ts';

/**
 * Sends messages as webhooks. The steps for each message:
 *
 * 1. find the endpoint, fixed or chosen by the host;
 * 2. wait for a slot: requests are limited, in total and per endpoint;
 * 3. fail if the receiver has asked to wait;
 * 4. send the request, signed at this moment, and follow redirects if allowed;
 * 5. interpret the answer.
 */
export class WebhookTransport implements Transport {
  readonly name = 'webhook';
  readonly features: TransportFeatures;
  readonly #settings: WebhookSettings;
  readonly #lookups: Limit;
  readonly #slots: Slots;
  readonly #holds: Holds;
  readonly #publishing = new Set<Promise<unknown>>();
  readonly #connections: Connections;
  readonly #posting: PostSettings;
  #state: 'new' | 'open' | 'closed' = 'new';

  constructor(settings: WebhookSettings) {
    this.#settings = settings;
    const { concurrency, endpointConcurrency } = settings;
    this.#lookups = new Limit(concurrency);
    this.#slots = new Slots(concurrency, endpointConcurrency);
    this.#holds = new Holds(settings.maximumRetryAfterMs);
    this.#connections = openConnections(settings);
    const lookup = guardedLookup(settings.lookup, settings.isAllowed);
    this.#posting = { ...settings, connections: this.#connections, lookup };
    this.features = {
      consumes: false,
      // After the answer, durability is up to the receiver.
      durable: false,
      ordered: true,
      deduplicates: false,
      redelivers: false,
      tellsFirstDelivery: false,
      delays: false,
      concurrentConsumers: false,
      maximumBodyBytes: settings.maximumBodyBytes,
    };
  }

  /** Sends no request. The options were checked when the transport was created. */
  async open(): Promise<void> {
    if (this.#state === 'closed') throw closed();
    this.#state = 'open';
  }

  async publish(messages: readonly TransportMessage[]): Promise<readonly PublishResult[]> {
    if (this.#state !== 'open') throw closed();
    const publishing = Promise.all(messages.map((message) => this.#publishOne(message)));
    this.#publishing.add(publishing);
    try {
      return await publishing;
    } finally {
      this.#publishing.delete(publishing);
    }
  }

  async close(): Promise<void> {
    this.#state = 'closed';
    await Promise.allSettled(this.#publishing);
    this.#connections.close();
  }

  async #publishOne(given: TransportMessage): Promise<PublishResult> {
    const reason = unfitReason(given, this.#settings.maximumBodyBytes);
    if (reason !== undefined) return { status: 'refused', reason };
    // A copy, because it may wait for its turn, and be sent more than once.
    const message = snapshotOf(given);
    try {
      const endpoint = await this.#endpointOf(message);
      if (endpoint === undefined) return { status: 'published' };
      return await this.#slots.during(endpoint.url.href, () =>
        this.#inTime((signal) => this.#send(message, endpoint, signal)),
      );
    } catch (error) {
      return { status: 'failed', error };
    }
  }

  /** Runs work that has its slot. The signal is aborted when it takes too long. */
  async #inTime<Value>(work: (signal: AbortSignal) => Promise<Value>): Promise<Value> {
    // The transport may have been closed while the work waited for its slot.
    if (this.#state !== 'open') throw closed();
    const timer = new AbortController();
    const timeout = setTimeout(() => timer.abort(this.#tooSlow()), this.#settings.timeoutMs);
    try {
      return await work(timer.signal);
    } finally {
      clearTimeout(timeout);
    }
  }

  async #send(
    message: TransportMessage,
    endpoint: CheckedEndpoint,
    signal: AbortSignal,
  ): Promise<PublishResult> {
    this.#checkHold(endpoint);
    const answer = await this.#request(message, endpoint, signal);
    this.#heed(endpoint, answer);
    return resultOf(answer, endpoint.name, this.#settings.refusedStatuses);
  }

  async #endpointOf(message: TransportMessage): Promise<CheckedEndpoint | undefined> {
    const { endpoint } = this.#settings;
    if (typeof endpoint !== 'function') return endpoint;
    const found = await this.#lookups.during(() =>
      this.#inTime((signal) => orAborted(async () => endpoint(message), signal)),
    );
    return found && checkEndpoint(found, this.#settings, endpointRefused);
  }

  #checkHold({ name, url }: CheckedEndpoint): void {
    const retryAfterMs = this.#holds.remainingMs(url.href, this.#settings.now());
    if (retryAfterMs === 0) return;
    throw new OrderchartError(
      'transportUnavailable',
      `The webhook's receiver ${name} asked to wait; ${retryAfterMs} ms remain.`,
      { details: { endpoint: name, retryAfterMs } },
    );
  }

  async #request(
    message: TransportMessage,
    endpoint: CheckedEndpoint,
    signal: AbortSignal,
  ): Promise<HttpAnswer> {
    const signed = standardHeaders(message, this.#settings.now(), endpoint.keys);
    const { body } = message;
    let url = endpoint.url;
    for (let redirects = 0; ; redirects += 1) {
      // Headers of the endpoint may contain a token, which another origin must not get.
      const own = url.origin === endpoint.url.origin ? endpoint.headers : {};
      const headers = { 'user-agent': 'orderchart', ...own, ...signed };
      const answer = await this.#post({ url, headers, body, signal }, endpoint);
      const next = redirects < this.#settings.maximumRedirects && targetOf(answer, url);
      if (!next) return answer;
      const fault = urlFault(next, this.#settings);
      if (fault !== undefined) throw endpointRefused('url', `that is redirected to ${fault}`);
      url = next;
    }
  }

  async #post(request: Parameters<typeof post>[0], { name }: CheckedEndpoint): Promise<HttpAnswer> {
    try {
      return await post(request, this.#posting);
    } catch (error) {
      throw toTransportError(error, name);
    }
  }

  /** Handles the information of an answer about the endpoint. */
  #heed({ name, url }: CheckedEndpoint, answer: HttpAnswer): void {
    const { now, maximumRetryAfterMs, onGone } = this.#settings;
    const waitMs = waitMsOf(answer, now(), maximumRetryAfterMs);
    if (waitMs !== undefined) this.#holds.hold(url.href, now() + waitMs);
    if (answer.status === 410) tell(onGone, { name });
  }

  #tooSlow(): OrderchartError {
    const { timeoutMs } = this.#settings;
    return new OrderchartError(
      'transportUnavailable',
      `The webhook was not answered within ${timeoutMs} ms (timeoutMs).`,
      { details: { timeoutMs } },
    );
  }
}

/** Returns the target of a redirect that keeps method and body (RFC 9110, 307 and 308). */
function targetOf({ status, location = '' }: HttpAnswer, from: URL): URL | undefined {
  if ((status !== 307 && status !== 308) || !URL.canParse(location, from.href)) return undefined;
  return new URL(location, from);
}

/** Runs a function of the host. Rejects with the signal's reason if it takes too long. */
async function orAborted<Value>(work: () => Promise<Value>, signal: AbortSignal): Promise<Value> {
  const { promise, reject } = Promise.withResolvers<never>();
  const onAbort = () => reject(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([work(), promise]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

function endpointRefused(option: string, text: string): OrderchartError {
  return new OrderchartError(
    'transportRefused',
    `The endpoint of a webhook cannot be used: \`${option}\` ${text}.`,
    { details: { option } },
  );
}

function closed(): OrderchartError {
  return new OrderchartError('transportClosed', 'The webhook transport is not open.');
}
