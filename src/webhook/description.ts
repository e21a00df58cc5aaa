import { OrderchartError } from '../errors.ts';
import type { WebhookDescription } from './scheme.ts';

/** The limit of the port for keys. It applies to types too. */
const maximumTextLength = 600;

/** A description that satisfies the port. */
export interface CheckedDescription {
  readonly id: string;
  readonly key: string;
  readonly type: string;
  readonly sequence: number | undefined;
  readonly headers: Readonly<Record<string, string>> | undefined;
}

/**
 * Throws `messageInvalid` for values that a message cannot have. A valid signature, or a scheme of
 * the host, does not guarantee valid values.
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
