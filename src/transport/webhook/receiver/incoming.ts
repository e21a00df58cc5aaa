import type { WebhookHeaders } from '../headers.ts';

/** A request, whichever server it came to. */
export interface Incoming {
  readonly method: string;
  readonly headers: WebhookHeaders;
  /** Reads the body. Throws `Refused`. */
  readonly readBody: (limits: BodyLimits) => Promise<Uint8Array>;
}

export interface BodyLimits {
  readonly maximumBodyBytes: number;
  readonly bodyTimeoutMs: number;
}
