import { OrderchartError } from '../errors.ts';
import type { WebhookDescription } from './scheme.ts';

/** What the port allows for a key; types are not longer anywhere either. */
const maximumTextLength = 600;

/** A description as the port wants it. */
export interface CheckedDescription {
  readonly id: string;
  readonly key: string;
  readonly type: string;
  readonly sequence: number | undefined;
  readonly headers: Readonly<Record<string, string>> | undefined;
}

/**
 * Throws `messageInvalid` for what no message can be. Its sender has signed it, and the scheme may be
 * the host's: neither is a reason to hand on what the engine does not expect.
 */
export function checkDescription(description: WebhookDescription): CheckedDescription {
  const { id, key = '', type = '', sequence, headers } = description;
  if (typeof id !== 'string' || !/^[\x21-\x7e]{1,200}$/.test(id)) {
    throw unfit('id', '1 to 200 printable ASCII characters without white space');
  }
  for (const [name, text] of Object.entries({ key, type })) {
    const isText = typeof text === 'string' && text.isWellFormed();
    if (isText && text.length <= maximumTextLength) continue;
    throw unfit(name, `a text of ${maximumTextLength} characters at most`);
  }
  if (sequence !== undefined && !(Number.isSafeInteger(sequence) && sequence >= 0)) {
    throw unfit('sequence', 'a whole number from 0 to 2^53 - 1');
  }
  return { id, key, type, sequence, headers };
}

function unfit(what: string, form: string): OrderchartError {
  return new OrderchartError('messageInvalid', `The ${what} of the webhook is not ${form}.`);
}
