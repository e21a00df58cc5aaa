import { createSecretKey } from 'node:crypto';
import { type ErrorCode, isOrderchartError, OrderchartError } from '../../errors.ts';
import type { TransportMessage } from '../transport.ts';
import { day, type OptionChecks, optionChecks } from './checks.ts';
import {
  type HeaderValues,
  headerValues,
  unsignedHeaders,
  type WebhookHeaders,
} from './headers.ts';
import { isSigned, type SignatureClaim, type SigningKey, type WebhookScheme } from './scheme.ts';
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

/** The options, checked and complete. */
export interface VerifierSettings {
  readonly keys: readonly SigningKey[];
  readonly scheme: WebhookScheme;
  readonly toleranceMs: number;
  readonly maximumBodyBytes: number;
  readonly acceptUnsignedAttributes: boolean;
  readonly now: () => number;
}

/** The names of all options. */
export const verifierOptionNames = [
  'secrets',
  'scheme',
  'toleranceMs',
  'maximumBodyBytes',
  'acceptUnsignedAttributes',
  'now',
] as const;

export const defaultMaximumBodyBytes = 1_048_576;

/** Throws `invalidArgument` for options that cannot work. */
export function readVerifierOptions(
  options: WebhookVerifierOptions & { readonly now: () => number },
  checks: OptionChecks = optionChecks('createWebhookVerifier'),
  names: readonly string[] = verifierOptionNames,
): VerifierSettings {
  checks.known(options, names);
  const { secrets, scheme = standardWebhooks, toleranceMs = 300_000, now } = options;
  const { maximumBodyBytes = defaultMaximumBodyBytes, acceptUnsignedAttributes = false } = options;
  return {
    keys: readSecrets(secrets, scheme.keyOf, (text) => checks.invalid('secrets', text)),
    scheme,
    toleranceMs: checks.whole('toleranceMs', toleranceMs, {
      from: 1000,
      to: day,
      unit: 'milliseconds',
    }),
    maximumBodyBytes: checks.whole('maximumBodyBytes', maximumBodyBytes, {
      from: 1,
      to: 2 ** 30,
      unit: 'bytes',
    }),
    acceptUnsignedAttributes: checks.flag('acceptUnsignedAttributes', acceptUnsignedAttributes),
    now: checks.callback('now', now),
  };
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
  return { verify: (headers, rawBody) => verify(settings, headers, rawBody) };
}

function verify(
  settings: VerifierSettings,
  headers: WebhookHeaders,
  rawBody: RawBody,
): VerifiedWebhook {
  const { scheme, keys } = settings;
  const body = bytesOf(rawBody);
  checkSize(body, settings.maximumBodyBytes);
  const values = headerValues(headers);
  const claim = claimOf(scheme, values);
  if (!isSigned(claim, keys, scheme.encoding, body)) throw signatureWrong(scheme.name);
  // Only now: whoever cannot sign learns nothing about our clock.
  checkTime(settings, claim.signedAt);
  const message = describe(settings, values, body);
  return { ...message, body, signedAt: claim.signedAt };
}

function describe(
  { scheme, keys, acceptUnsignedAttributes }: VerifierSettings,
  headers: HeaderValues,
  body: Uint8Array,
): Omit<TransportMessage, 'body'> {
  const isTextSigned = (text: string, signature: string) =>
    isSigned({ prefix: text, signatures: [signature] }, keys, scheme.encoding, nothing);
  const description = ask('messageInvalid', scheme, () =>
    scheme.describe({ headers, body, isSigned: isTextSigned }),
  );
  const { id, key = '', type = '', sequence } = description;
  if (!/^[\x21-\x7e]{1,200}$/.test(id)) throw idUnfit();
  const sent = description.headers ?? unsignedHeaders(headers, acceptUnsignedAttributes);
  return { id, key, type, sequence, headers: sent };
}

const nothing = new Uint8Array(0);

/** What the headers say about the signature. Throws `signatureInvalid` when they do not say it. */
export function claimOf(scheme: WebhookScheme, headers: HeaderValues): SignatureClaim {
  return ask('signatureInvalid', scheme, () => scheme.read(headers));
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

function idUnfit(): OrderchartError {
  return new OrderchartError(
    'messageInvalid',
    'The id of the webhook is not 1 to 200 printable ASCII characters without white space.',
  );
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

function checkTime(settings: VerifierSettings, signedAt: number | undefined): void {
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
