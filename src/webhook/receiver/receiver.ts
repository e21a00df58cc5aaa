import type { IncomingMessage, ServerResponse } from 'node:http';
import { OrderchartError } from '../../errors.ts';
import type {
  ConsumeOptions,
  Consumption,
  PublishResult,
  Transport,
  TransportFeatures,
} from '../../transport/transport.ts';
import type { WebhookReceiverStats } from './counts.ts';
import { fetchRequest, fetchResponse } from './fetch-request.ts';
import { Intake } from './intake.ts';
import { nodeRequest, writeAnswer } from './node-request.ts';
import type { ReceiverSettings } from './options.ts';

/** The origin of a request. */
export interface WebhookSource {
  /**
   * The sender's address, or any text that distinguishes senders. Under overload, the sender with
   * the most requests makes room. Use the address from a proxy's header only if senders cannot set
   * it.
   */
  readonly address?: string | undefined;
}

/** A transport whose messages arrive as requests at the host's HTTP server. */
export interface WebhookReceiver extends Transport {
  /**
   * Handles a request of `node:http` (also of Express, `raw` of Fastify, `req` of Koa), and answers
   * it: with 204 only after the consumer has acked the message. Resolves when the answer was sent.
   * Never rejects.
   *
   * @param from The sender's address, if the connection is that of a proxy (Express: `request.ip` with
   * `trust proxy`). No header is trusted: see {@link WebhookSource}.
   *
   * @example
   * createServer((request, response) => void receiver.handle(request, response)).listen(8080);
   */
  handle(request: IncomingMessage, response: ServerResponse, from?: WebhookSource): Promise<void>;
  /**
   * Handles a request in the same way, for servers based on fetch.
   *
   * @example
   * export const POST = (request: Request) => receiver.fetch(request);
   */
  fetch(request: Request, from?: WebhookSource): Promise<Response>;
  /**
   * Starts to deliver. Without a consumer, requests are answered with 503. Allows one consumer at a
   * time.
   */
  consume(options: ConsumeOptions): Promise<Consumption>;
  /** Returns counters of the requests since the start, and the current load. */
  stats(): WebhookReceiverStats;
}

/** Connects the transport port with the requests of HTTP servers. */
export class WebhookReceiverTransport implements WebhookReceiver {
  readonly name = 'webhook-receiver';
  readonly features: TransportFeatures;
  readonly #intake: Intake;
  #state: 'new' | 'open' | 'closed' = 'new';

  constructor(settings: ReceiverSettings) {
    this.#intake = new Intake(settings);
    this.features = {
      consumes: true,
      durable: false,
      ordered: false,
      deduplicates: true,
      // By the sender, as long as it retries.
      redelivers: true,
      tellsFirstDelivery: false,
      delays: false,
      concurrentConsumers: true,
      maximumBodyBytes: settings.maximumBodyBytes,
    };
  }

  async open(): Promise<void> {
    if (this.#state === 'closed') throw closed();
    this.#state = 'open';
  }

  async publish(): Promise<readonly PublishResult[]> {
    throw new OrderchartError(
      'transportRefused',
      'A webhook receiver only receives. Publish with createWebhookTransport.',
    );
  }

  async consume(options: ConsumeOptions): Promise<Consumption> {
    if (this.#state !== 'open') throw closed();
    // A new object, because a host may pass the same options again.
    const consumer: ConsumeOptions = {
      maximumInFlight: options.maximumInFlight,
      deliver: (delivery) => options.deliver(delivery),
      onError: (error) => options.onError(error),
    };
    const stop = this.#intake.begin(consumer);
    return {
      stop: async () => stop(),
      close: async () => {
        stop();
        this.#intake.giveBackFrom(consumer);
      },
    };
  }

  async close(): Promise<void> {
    this.#state = 'closed';
    this.#intake.end();
    this.#intake.giveAllBack();
  }

  stats(): WebhookReceiverStats {
    return this.#intake.stats();
  }

  async handle(
    request: IncomingMessage,
    response: ServerResponse,
    from?: WebhookSource,
  ): Promise<void> {
    const { answer, told } = await this.#intake.reply(nodeRequest(request, from?.address));
    const { promise, resolve } = Promise.withResolvers<void>();
    writeAnswer(request, response, answer, (error) => {
      told(error);
      resolve();
    });
    await promise;
  }

  async fetch(request: Request, from?: WebhookSource): Promise<Response> {
    const { answer, told } = await this.#intake.reply(fetchRequest(request, from?.address));
    // With fetch, a server does not learn whether the answer arrives.
    told();
    return fetchResponse(answer);
  }
}

function closed(): OrderchartError {
  return new OrderchartError('transportClosed', 'The webhook receiver is not open.');
}
