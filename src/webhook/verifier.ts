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

/** The body of a request as it came over the wire. */
export type RawBody = Uint8Array | ArrayBuffer | string;

/** What {@link createWebhookVerifier} takes. */
export interface WebhookVerifierOptions {
  /**
   * The secrets shared with the sender. One of them has to fit: while they are rotated, give the
   * old and the new one.
   */
  readonly secrets: readonly string[];
  /** How the sender signs; `standardWebhooks` when left out. */
  readonly scheme?: WebhookScheme | undefined;
  /** How far the time of signing may lie from now, before or after; milliseconds, 5 min by default. */
  readonly toleranceMs?: number | undefined;
  /** The largest body, in bytes; 1 MiB by default. */
  readonly maximumBodyBytes?: number | undefined;
  /**
   * Whether to believe `ce-` headers (a CloudEvent in binary mode) that the sender has not signed;
   * false by default. Only where TLS reaches from the sender to this process.
   */
  readonly acceptUnsignedAttributes?: boolean | undefined;
  /** The time, in milliseconds since the Unix epoch. The host's clock by default. */
  readonly now?: (() => number) | undefined;
}

/** A message whose signature is right. */
export interface VerifiedWebhook extends TransportMessage {
  /** When it was signed, in milliseconds since the Unix epoch, where the sender signs the time. */
  readonly signedAt: number | undefined;
}

/** Checks requests that claim to come from a sender of webhooks. */
export interface WebhookVerifier {
  /**
   * Gives the message when it was signed with one of the secrets, within the tolerance. Only id,
   * time and body are signed: believe nothing else (see the page of this transport).
   *
   * @throws OrderchartError `signatureInvalid`, `signatureExpired`, `messageTooLarge`,
   * `messageInvalid`; `invalidArgument` when `rawBody` is not the body as it came.
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

/** Makes the keys of the secrets. */
export function withKeys<Given extends Settings<typeof verifierSchema>>(
  factory: string,
  { secrets, ...given }: Given,
) {
  const invalid = (text: string) => invalidOption(factory, 'secrets', text);
  return { ...given, keys: readSecrets(secrets, given.scheme.keyOf, invalid) };
}

/** The keys in a list of secrets. What is thrown does not hold them. */
export function readSecrets(
  secrets: unknown,
  keyOf: (secret: string) => Uint8Array,
  invalid: (text: string) => Error,
): readonly SigningKey[] {
  if (!Array.isArray(secrets) || secrets.length === 0 || secrets.length > 8) {
    throw invalid('must be a list of 1 to 8 secrets');
  }
  return secrets.map((secret, index) => {
    if (typeof secret !== 'string') throw invalid(`must be texts; the one at ${index} is none`);
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

/** A message whose signature is right, and the keys of ours that it was made with. */
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
  // Only now: whoever cannot sign learns nothing about our clock.
  checkTime(settings, claim.signedAt);
  const message = describe({ ...settings, keys: fitting }, values, body);
  return { webhook: { ...message, body, signedAt: claim.signedAt }, keys: fitting };
}

/** Reads the message; `keys` are those that have signed the body, and nobody else's word counts. */
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

/** What the headers say about the signature. Throws `signatureInvalid` when they do not say it. */
export function claimOf(scheme: WebhookScheme, headers: HeaderValues): SignatureClaim {
  return ask('signatureInvalid', scheme, () => {
    const claim = scheme.read(headers);
    checkClaim(scheme, claim);
    return claim;
  });
}

/** What a scheme says. One that throws on odd input has found no fault in us. */
function ask<Value>(code: ErrorCode, { name }: WebhookScheme, question: () => Value): Value {
  try {
    return question();
  } catch (error) {
    if (isOrderchartError(error)) throw error;
    const message = `The request is not what the scheme of ${name} can read.`;
    throw new OrderchartError(code, message, { cause: error });
  }
}

function bytesOf(body: unknown): Uint8Array {
  if (typeof body === 'string') return Buffer.from(body);
  if (body instanceof Uint8Array) return body;
  if (body instanceof ArrayBuffer) return new Uint8Array(body);
  throw new OrderchartError(
    'invalidArgument',
    'A webhook is verified by its raw body: give the bytes as they came ' +
      "(express.raw({ type: '*/*' }), await request.arrayBuffer()), not what was parsed from them.",
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
    'No signature of the webhook was made with one of the secrets. Check that they are those of ' +
      'this endpoint, and that the body was not parsed and written again.',
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
    `The webhook was signed ${Math.abs(differenceMs)} ms ${differenceMs > 0 ? 'ago' : 'ahead of us'}, ` +
      `and ${settings.toleranceMs} ms are tolerated (toleranceMs).`,
    { details: { differenceMs, toleranceMs: settings.toleranceMs } },
  );
}
