import type { WebhookHeaders } from '../headers.ts';
import type { Reading } from './reading.ts';

/** A request, whichever server it came to. */
export interface Incoming {
  readonly method: string;
  readonly headers: WebhookHeaders;
  /** Where it comes from, as far as the host or the connection tells. */
  readonly address: string | undefined;
  /** Reads the body into `reading`, until that breaks off. Throws `Refused`. */
  readonly readBody: (reading: Reading) => Promise<Uint8Array>;
}
