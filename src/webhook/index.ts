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
 * Makes a transport that sends each message as a webhook: an HTTP POST of headers and body as they
 * are, signed by the scheme of Standard Webhooks (https://www.standardwebhooks.com), so that any of
 * its libraries can verify it. Only `https:` and public addresses unless others are allowed. An
 * answer of 2xx is `published`; most others are tried again, as the subscription says.
 *
 * Throws `invalidArgument` for options that cannot work; the message holds no secret.
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
 * Makes a transport whose messages are webhooks of others. The host's HTTP server hands each
 * request to `handle` or `fetch`; it is answered with 2xx when the consumer is done with the
 * message, and not before, so that its sender repeats whatever was not kept.
 *
 * Throws `invalidArgument` for options that cannot work; the message holds no secret.
 *
 * @example
 * const receiver = createWebhookReceiver({ secrets: [secret], onRefused: (refusal) => log(refusal) });
 * createServer((request, response) => void receiver.handle(request, response)).listen(8080);
 */
export function createWebhookReceiver(options: WebhookReceiverOptions): WebhookReceiver {
  return new WebhookReceiverTransport(readReceiverOptions(options));
}

/**
 * Makes a verifier of webhooks, for hosts that want no more: it says whether a request was signed
 * with one of the secrets, lately, and gives its message. The message's id is the same when the
 * sender repeats it: whoever handles messages must be able to bear that.
 *
 * Throws `invalidArgument` for options that cannot work; the message holds no secret.
 *
 * @example
 * const verifier = createWebhookVerifier({ secrets: [secret] });
 * const { id, body } = verifier.verify(request.headers, await bytesOf(request));
 */
export function createWebhookVerifier(options: WebhookVerifierOptions): WebhookVerifier {
  return createVerifier(readVerifierOptions(options));
}

/**
 * Makes a memory of messages within this process, as a receiver has one by itself: to share it
 * between receivers, or to give it another size.
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
