import { type HeaderValues, headerValues, singleValue } from '../headers.ts';
import { checkTime, claimOf, tooLarge, type VerifierSettings } from '../verifier.ts';
import { shareOf } from './address.ts';
import type { Incoming } from './incoming.ts';
import type { BodyClaim } from './reading.ts';
import { Refused } from './refusal.ts';

/** The size of a request without headers and body, by a conservative estimate. */
const requestBytes = 2_048;

/**
 * Checks everything that can be checked before the body is read, cheap checks first, so that
 * invalid requests take no place among the bodies being read. Throws `Refused`.
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
  // The time is not verified yet, but with this one the signature would be expired anyway.
  checkTime(settings, signedAt);
  return { address: shareOf(address), headerBytes: requestBytes + bytesOf(values), contentLength };
}

/** Returns `undefined` for a chunked body, whose length is not known in advance. */
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
