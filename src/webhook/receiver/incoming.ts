import type { WebhookHeaders } from '../headers.ts';
import type { Reading } from './reading.ts';

/** A request, independent of the server. */
export interface Incoming {
  readonly method: string;
  readonly headers: WebhookHeaders;
  /** The sender's address, from the host or the connection. */
  readonly address: string | undefined;
  /** Reads the body into `reading`. Throws `Refused`. */
  readonly readBody: (reading: Reading) => Promise<Uint8Array>;
}
