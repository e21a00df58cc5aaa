import { type HeaderValues, headerValues, singleValue } from '../headers.ts';
import { checkTime, claimOf, tooLarge, type VerifierSettings } from '../verifier.ts';
import { shareOf } from './address.ts';
import type { Incoming } from './incoming.ts';
import type { BodyClaim } from './reading.ts';
import { Refused } from './refusal.ts';

/** What every request takes besides its headers and its body, by a cautious estimate. */
const requestBytes = 2_048;

/**
 * Checks all that can be checked before a body is read, the cheap things first: whoever cannot get a
 * message in does not get a place among those whose bodies are read. Throws `Refused`.
 */
export function admittedBody(
  { method, headers, address }: Incoming,
  settings: VerifierSettings,
  checkConsumer: () => void,
): BodyClaim {
  if (method !== 'POST') throw new Refused('methodNotAllowed', 'Webhooks are POST requests.');
  checkConsumer();
  const values = headerValues(headers);
  if (values.get('content-encoding')?.some((encoding) => encoding !== 'identity') === true) {
    throw new Refused('encodingUnsupported', 'The body of a webhook must not be compressed.');
  }
  const contentLength = announcedBytes(values);
  if (contentLength !== undefined && contentLength > settings.maximumBodyBytes) {
    throw tooLarge(settings.maximumBodyBytes);
  }
  const { signedAt } = claimOf(settings.scheme, values);
  // The time is only claimed yet, but with that one the signature would be of no use.
  checkTime(settings, signedAt);
  return { address: shareOf(address), headerBytes: requestBytes + bytesOf(values), contentLength };
}

/** `undefined` for a body in pieces, whose length shows at its end. */
function announcedBytes(values: HeaderValues): number | undefined {
  const text = singleValue(values, 'content-length') ?? '';
  return /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}

function bytesOf(values: HeaderValues): number {
  let bytes = 0;
  for (const [name, texts] of values) {
    for (const text of texts) bytes += name.length + text.length;
  }
  return bytes;
}
