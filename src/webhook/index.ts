import { checkOptions } from '../options.ts';
import type { Transport } from '../transport/transport.ts';
import {
  createMemory,
  memorySchema,
  type WebhookMemory,
  type WebhookMemoryOptions,
} from './memory.ts';
import { readReceiverOptions, type WebhookReceiverOptions } from './receiver/options.ts';
import { type WebhookReceiver, WebhookReceiverTransport } from './receiver/receiver.ts';
import { readTransportOptions, type WebhookTransportOptions } from './settings.ts';
import { WebhookTransport } from './transport.ts';
import {
  createVerifier,
  readVerifierOptions,
  type WebhookVerifier,
  type WebhookVerifierOptions,
} from './verifier.ts';

export type { WebhookEndpoint, WebhookEndpointResolver } from './endpoint.ts';
export type { HeaderValues, WebhookHeaders } from './headers.ts';
export type { WebhookMemory, WebhookMemoryOptions, WebhookMemoryStats } from './memory.ts';
export type { TlsSettings } from './post.ts';
export type { WebhookReceiverStats } from './receiver/counts.ts';
export type { WebhookReceiverOptions } from './receiver/options.ts';
export type { WebhookReceiver, WebhookSource } from './receiver/receiver.ts';
export {
  type WebhookRefusal,
  type WebhookRefusalReason,
  webhookRefusals,
} from './receiver/refusal.ts';
export type {
  SignatureClaim,
  SignedRequest,
  WebhookDescription,
  WebhookScheme,
} from './scheme.ts';
export type { WebhookSendingOptions, WebhookTransportOptions } from './settings.ts';
export { standardWebhooks } from './standard.ts';
export { stripeWebhooks } from './stripe.ts';
export type {
  RawBody,
  VerifiedWebhook,
  WebhookVerifier,
  WebhookVerifierOptions,
} from './verifier.ts';

/**
 * Creates a transport that sends each message as a webhook: an HTTP POST of its headers and body,
 * signed by Standard Webhooks (https://www.standardwebhooks.com), so that any library for it can
 * verify the request. Only `https:` and public addresses are allowed by default. An answer of 2xx
 * is `published`. Most others are retried by the subscription.
 *
 * Throws `invalidArgument` for invalid options. The message contains no secret.
 *
 * @example
 * const transport = createWebhookTransport({
 *   url: 'https://shop.example/hooks/orders',
 *   secrets: [process.env.WEBHOOK_SECRET],
 * });
 * await engine.startPublishing({ name: 'shop-webhooks', transport });
 */
export function createWebhookTransport(options: WebhookTransportOptions): Transport {
  return new WebhookTransport(readTransportOptions(options));
}

/**
 * Creates a transport that receives webhooks. The host's HTTP server passes each request to
 * `handle` or `fetch`. A request is answered with 2xx only after the consumer has acked the
 * message, so that its sender repeats everything else.
 *
 * Throws `invalidArgument` for invalid options. The message contains no secret.
 *
 * @example
 * const receiver = createWebhookReceiver({ secrets: [secret], onRefused: (refusal) => log(refusal)
 * }); createServer((request, response) => void receiver.handle(request, response)).listen(8080);
 */
export function createWebhookReceiver(options: WebhookReceiverOptions): WebhookReceiver {
  return new WebhookReceiverTransport(readReceiverOptions(options));
}

/**
 * Creates a verifier of webhooks, for hosts that need nothing else. It checks that a request was
 * signed recently with one of the secrets, and returns its message. A repeated message has the same
 * id, which its handler must recognize.
 *
 * Throws `invalidArgument` for invalid options. The message contains no secret.
 *
 * @example
 * const verifier = createWebhookVerifier({ secrets: [secret] });
 * const { id, body } = verifier.verify(request.headers, await bytesOf(request));
 */
export function createWebhookVerifier(options: WebhookVerifierOptions): WebhookVerifier {
  return createVerifier(readVerifierOptions(options));
}

/**
 * Creates a memory of messages in this process, like the default of a receiver, to share it between
 * receivers or to change its size.
 *
 * @example
 * const memory = createWebhookMemory({ maximumBytes: 256 * 1024 * 1024 });
 * const payments = createWebhookReceiver({ name: 'payments', secrets: [one], memory });
 * const parcels = createWebhookReceiver({ name: 'parcels', secrets: [other], memory });
 */
export function createWebhookMemory(options: WebhookMemoryOptions = {}): WebhookMemory {
  const { maximumBytes, now } = checkOptions('createWebhookMemory', memorySchema, options);
  return createMemory(maximumBytes, now);
}
