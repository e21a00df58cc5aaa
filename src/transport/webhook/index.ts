import type { Transport } from '../transport.ts';
import { optionChecks } from './checks.ts';
import { createMemory, type WebhookMemory, type WebhookMemoryOptions } from './memory.ts';
import { readTransportOptions, type WebhookTransportOptions } from './settings.ts';
import { WebhookTransport } from './transport.ts';
import {
  createVerifier,
  readVerifierOptions,
  type WebhookVerifier,
  type WebhookVerifierOptions,
} from './verifier.ts';

export type { WebhookEndpoint, WebhookEndpointResolver } from './endpoint.ts';
export type { WebhookHeaders } from './headers.ts';
export type { WebhookMemory, WebhookMemoryOptions } from './memory.ts';
export type { TlsSettings } from './post.ts';
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

export function createWebhookTransport(options: WebhookTransportOptions): Transport {
  return new WebhookTransport(readTransportOptions({ ...options, now: options.now ?? Date.now }));
}

export function createWebhookVerifier(options: WebhookVerifierOptions): WebhookVerifier {
  return createVerifier(readVerifierOptions({ ...options, now: options.now ?? Date.now }));
}

export function createWebhookMemory(options: WebhookMemoryOptions = {}): WebhookMemory {
  const { maximumIds = 100_000, now = Date.now } = options;
  const bounds = { from: 1, to: 100_000_000 };
  const checks = optionChecks('createWebhookMemory');
  return createMemory(checks.whole('maximumIds', maximumIds, bounds), checks.callback('now', now));
}
