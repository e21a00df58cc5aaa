import { createSecretKey } from 'node:crypto';
import { z } from 'zod';
import { type ErrorCode, isOrderchartError, OrderchartError } from '../errors.ts';
import {
  callable,
  checkOptions,
  flag,
  invalidOption,
  type OptionSchemas,
  type Settings,
  whole,
  withMethods,
} from '../options.ts';
import type { TransportMessage } from '../transport/transport.ts';
import { checkDescription } from './description.ts';
import {
  type HeaderValues,
  headerValues,
  unsignedHeaders,
  type WebhookHeaders,
} from './headers.ts';
import {
  checkClaim,
  derivedKey,
  fittingKeys,
  type SignatureClaim,
  type SigningKey,
  type WebhookScheme,
} from './scheme.ts';
import { standardWebhooks } from './standard.ts';

/** The raw body of a request. */
export type RawBody = Uint8Array | ArrayBuffer | string;

/** Options of {@link createWebhookVerifier}. */
export interface WebhookVerifierOptions {
  /**
   * The secrets shared with the sender. One of them must match. While secrets are rotated, set the
   * old and the new one.
   */
  readonly secrets: readonly string[];
  /** How the sender signs. Default `standardWebhooks`. */
  readonly scheme?: WebhookScheme | undefined;
  /**
   * The largest difference between the signing time and now, in either direction, in ms. Default
   * 300,000.
   */
  readonly toleranceMs?: number | undefined;
  /** The largest body, in bytes. Default 1,048,576. */
  readonly maximumBodyBytes?: number | undefined;
  /**
   * Trusts `ce-` headers (a CloudEvent in binary mode) that the sender has not signed. Only safe if
   * TLS reaches from the sender to this process. Default false.
   */
  readonly acceptUnsignedAttributes?: boolean | undefined;
  /** Returns the time, in milliseconds since the Unix epoch. Default: the host's clock. */
  readonly now?: (() => number) | undefined;
}

/** A message with a verified signature. */
export interface VerifiedWebhook extends TransportMessage {
  /** When it was signed, in milliseconds since the Unix epoch, if the sender signs the time. */
  readonly signedAt: number | undefined;
}

/** Verifies the signatures of webhooks. */
export interface WebhookVerifier {
  /**
   * Returns the message if it was signed with one of the secrets, within the tolerance. Only id,
   * time and body are signed: do not trust anything else (see the page of this transport).
   *
   * @throws OrderchartError `signatureInvalid`, `signatureExpired`, `messageTooLarge`,
   * `messageInvalid`; `invalidArgument` if `rawBody` is not the raw body.
   */
  verify(headers: WebhookHeaders, rawBody: RawBody): VerifiedWebhook;
}

export const defaultMaximumBodyBytes = 1_048_576;

export const verifierSchema = z.strictObject({
  secrets: z.custom<WebhookVerifierOptions['secrets']>().optional(),
  scheme: withMethods<WebhookScheme>(
    'be a scheme of signatures',
    'keyOf',
    'read',
    'describe',
  ).default(standardWebhooks),
  toleranceMs: whole(1_000, 86_400_000, 'milliseconds').default(300_000),
  maximumBodyBytes: whole(1, 2 ** 30, 'bytes').default(defaultMaximumBodyBytes),
  acceptUnsignedAttributes: flag().default(false),
  now: callable<() => number>().default(() => Date.now),
} satisfies OptionSchemas<WebhookVerifierOptions>);

/** The names of all options. */
export const verifierOptionNames: readonly string[] = Object.keys(verifierSchema.shape);

/** The options, checked and complete. */
export type VerifierSettings = Omit<Settings<typeof verifierSchema>, 'secrets'> & {
  readonly keys: readonly SigningKey[];
};

/** Throws `invalidArgument` for options that cannot work. */
export function readVerifierOptions(options: WebhookVerifierOptions): VerifierSettings {
  return withKeys(
    'createWebhookVerifier',
    checkOptions('createWebhookVerifier', verifierSchema, options),
  );
}

/** Replaces the secrets by their keys. */
export function withKeys<Given extends Settings<typeof verifierSchema>>(
  factory: string,
  { secrets, ...given }: Given,
) {
  const invalid = (text: string) => invalidOption(factory, 'secrets', text);
  return { ...given, keys: readSecrets(secrets, given.scheme.keyOf, invalid) };
}

/** Returns the keys of a list of secrets. Errors do not contain the secrets. */
export function readSecrets(
  secrets: unknown,
  keyOf: (secret: string) => Uint8Array,
  invalid: (text: string) => Error,
): readonly SigningKey[] {
  if (!Array.isArray(secrets) || secrets.length === 0 || secrets.length > 8) {
    throw invalid('must be a list of 1 to 8 secrets');
  }
  return secrets.map((secret, index) => {
    if (typeof secret !== 'string') throw invalid(`must be texts; the one at ${index} is not`);
    try {
      return createSecretKey(keyOf(secret));
    } catch (error) {
      const text = error instanceof TypeError ? error.message : 'is not of the form of its scheme';
      throw invalid(`${text}; the one at ${index} is not`);
    }
  });
}

export function createVerifier(settings: VerifierSettings): WebhookVerifier {
  return { verify: (headers, rawBody) => verifyRequest(settings, headers, rawBody).webhook };
}

/** A message with a verified signature, and the keys that match it. */
export interface VerifiedRequest {
  readonly webhook: VerifiedWebhook;
  readonly keys: readonly SigningKey[];
}

export function verifyRequest(
  settings: VerifierSettings,
  headers: WebhookHeaders,
  rawBody: RawBody,
): VerifiedRequest {
  const { scheme, keys } = settings;
  const body = bytesOf(rawBody);
  checkSize(body, settings.maximumBodyBytes);
  const values = headerValues(headers);
  const claim = claimOf(scheme, values);
  const fitting = fittingKeys(claim, keys, scheme.encoding, body);
  if (fitting.length === 0) throw signatureWrong(scheme.name);
  // After the signature, so that strangers learn nothing about this clock.
  checkTime(settings, claim.signedAt);
  const message = describe({ ...settings, keys: fitting }, values, body);
  return { webhook: { ...message, body, signedAt: claim.signedAt }, keys: fitting };
}

/** Describes the message. `keys` are those that signed the body; only they count. */
function describe(
  { scheme, keys, acceptUnsignedAttributes }: VerifierSettings,
  headers: HeaderValues,
  body: Uint8Array,
): Omit<TransportMessage, 'body'> {
  const isSigned = (purpose: string, text: string, signature: string) => {
    const derived = keys.map((key) => derivedKey(key, purpose));
    const claim = { prefix: text, signatures: [signature] };
    return fittingKeys(claim, derived, scheme.encoding, nothing).length > 0;
  };
  const description = ask('messageInvalid', scheme, () =>
    checkDescription(scheme.describe({ headers, body, isSigned })),
  );
  const { headers: signed, ...rest } = description;
  return { ...rest, headers: signed ?? unsignedHeaders(headers, acceptUnsignedAttributes) };
}

const nothing = new Uint8Array(0);

/** Reads the signature from the headers. Throws `signatureInvalid` if it is missing. */
export function claimOf(scheme: WebhookScheme, headers: HeaderValues): SignatureClaim {
  return ask('signatureInvalid', scheme, () => {
    const claim = scheme.read(headers);
    checkClaim(scheme, claim);
    return claim;
  });
}

/** Calls a scheme. If it throws on unexpected input, the request is at fault. */
function ask<Value>(code: ErrorCode, { name }: WebhookScheme, question: () => Value): Value {
  try {
    return question();
  } catch (error) {
    if (isOrderchartError(error)) throw error;
    const message = `The request cannot be read by the scheme of ${name}.`;
    throw new OrderchartError(code, message, { cause: error });
  }
}

function bytesOf(body: unknown): Uint8Array {
  if (typeof body === 'string') return Buffer.from(body);
  if (body instanceof Uint8Array) return body;
  if (body instanceof ArrayBuffer) return new Uint8Array(body);
  throw new OrderchartError(
    'invalidArgument',
    'A webhook is verified by its raw body. Pass the bytes as received ' +
      "(express.raw({ type: '*/*' }), await request.arrayBuffer()), not the result of parsing them.",
  );
}

function checkSize(body: Uint8Array, maximumBodyBytes: number): void {
  if (body.length <= maximumBodyBytes) return;
  throw tooLarge(maximumBodyBytes);
}

export function tooLarge(maximumBodyBytes: number): OrderchartError {
  return new OrderchartError(
    'messageTooLarge',
    `The webhook is larger than ${maximumBodyBytes} bytes (maximumBodyBytes).`,
    { details: { maximumBodyBytes } },
  );
}

function signatureWrong(scheme: string): OrderchartError {
  return new OrderchartError(
    'signatureInvalid',
    'No signature of the webhook matches one of the secrets. Check that they are those of this ' +
      'endpoint, and that the body was not parsed and serialized again.',
    { details: { scheme } },
  );
}

export function checkTime(
  settings: Pick<VerifierSettings, 'now' | 'toleranceMs'>,
  signedAt: number | undefined,
): void {
  if (signedAt === undefined) return;
  const differenceMs = settings.now() - signedAt;
  if (Math.abs(differenceMs) <= settings.toleranceMs) return;
  throw new OrderchartError(
    'signatureExpired',
    `The webhook was signed ${Math.abs(differenceMs)} ms ${differenceMs > 0 ? 'ago' : 'in the future'}, ` +
      `and ${settings.toleranceMs} ms are tolerated (toleranceMs).`,
    { details: { differenceMs, toleranceMs: settings.toleranceMs } },
  );
}
