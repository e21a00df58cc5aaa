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

/** Where a request comes from, as the host knows it. */
export interface WebhookSource {
  /**
   * The sender's address, or any text that tells senders apart. When more comes than can be read,
   * whoever has the most makes room. Give what your proxy says only where nobody else can say it.
   */
  readonly address?: string | undefined;
}

/** A transport whose messages come in by requests that the host's HTTP server hands on. */
export interface WebhookReceiver extends Transport {
  /**
   * Takes a request of `node:http` (also of Express, of Fastify's `raw`, of Koa's `req`), and
   * answers it: 204 when the consumer is done with its message, and not before. Resolves when the
   * answer is out; never rejects.
   *
   * @param from The sender's address, where the connection's is that of a proxy (Express: `request.ip`
   * with `trust proxy`). No header is believed: see {@link WebhookSource}.
   *
   * @example
   * createServer((request, response) => void receiver.handle(request, response)).listen(8080);
   */
  handle(request: IncomingMessage, response: ServerResponse, from?: WebhookSource): Promise<void>;
  /**
   * The same for servers that speak fetch.
   *
   * @example
   * export const POST = (request: Request) => receiver.fetch(request);
   */
  fetch(request: Request, from?: WebhookSource): Promise<Response>;
  /** Takes requests from now on; until then they are answered with 503. One at a time. */
  consume(options: ConsumeOptions): Promise<Consumption>;
  /** What became of the requests since the start. */
  stats(): WebhookReceiverStats;
}

/** The port on one side, the servers' requests on the other. */
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
      // Its sender does, as long as it has patience.
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
      'A webhook receiver only takes messages in. Publish with createWebhookTransport.',
    );
  }

  async consume(options: ConsumeOptions): Promise<Consumption> {
    if (this.#state !== 'open') throw closed();
    const stop = this.#intake.begin(options);
    return {
      stop: async () => stop(),
      close: async () => {
        stop();
        this.#intake.giveAllBack();
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
    // Whether it arrives is beyond what fetch tells a server.
    told();
    return fetchResponse(answer);
  }
}

function closed(): OrderchartError {
  return new OrderchartError('transportClosed', 'The webhook receiver is not open.');
}
