import { z } from 'zod';
import {
  at,
  callable,
  checkOptions,
  longestTimerMs,
  type OptionSchemas,
  whole,
  withMethods,
} from '../../options.ts';
import { createMemory, defaultMemoryBytes, type WebhookMemory } from '../memory.ts';
import { verifierSchema, type WebhookVerifierOptions, withKeys } from '../verifier.ts';
import type { WebhookRefusal } from './refusal.ts';

/** What {@link createWebhookReceiver} takes: what the verifier takes, and more. */
export interface WebhookReceiverOptions extends WebhookVerifierOptions {
  /**
   * Which receiver it is, in a `memory` that it shares: the same in all processes that take requests
   * for one endpoint, and another for another endpoint. Needed with `memory`.
   */
  readonly name?: string | undefined;
  /** How long a body may take to come; milliseconds, 10 s by default. */
  readonly bodyTimeoutMs?: number | undefined;
  /**
   * How long a body may take before `minimumBodyBytesPerSecond` counts, and before it may have to
   * make room for others; milliseconds, 2 s by default.
   */
  readonly bodyGraceMs?: number | undefined;
  /** The least rate at which a body has to come, on average; 4,096 by default, 0 for none. */
  readonly minimumBodyBytesPerSecond?: number | undefined;
  /**
   * How long a sender is kept waiting for the outcome; milliseconds, 15 s by default. Less than
   * senders wait (15 to 30 s). Afterwards it is told to come again, and when the message is done
   * with by then, that is all it is told.
   */
  readonly answerTimeoutMs?: number | undefined;
  /** Requests whose bodies are read at the same time at most; 1,000 by default. */
  readonly maximumReadingRequests?: number | undefined;
  /**
   * What the requests whose bodies are being read may hold together; bytes, 32 MiB by default, and
   * never less than one request may have.
   */
  readonly maximumReadingBytes?: number | undefined;
  /** What messages in hand may hold together; bytes, 32 MiB by default, and not less than one body. */
  readonly maximumInFlightBytes?: number | undefined;
  /** Remembers what was done with; within this process by default. */
  readonly memory?: WebhookMemory | undefined;
  /** How long that is remembered; milliseconds, 1 h by default, at least twice the tolerance. */
  readonly rememberMs?: number | undefined;
  /** Told of each request that was not taken, to log or to count it. Never throws. */
  readonly onRefused?: ((refusal: WebhookRefusal) => void) | undefined;
}

const factory = 'createWebhookReceiver';

/** What a request takes besides its body: 16 KiB are all that Node takes in headers. */
const headerBytes = 65_536;
/** A bound below what one request may have would refuse it however idle the receiver is. */
const roomText = `must be a whole number of bytes, \`maximumBodyBytes\` and ${headerBytes} or more`;

const bytes = () => whole(1, 2 ** 40, 'bytes').optional();
const duration = () => whole(1, longestTimerMs, 'milliseconds');

const schema = verifierSchema
  .extend({
    name: z.custom<string>().optional(),
    bodyTimeoutMs: duration().default(10_000),
    bodyGraceMs: duration().default(2_000),
    minimumBodyBytesPerSecond: whole(0, 2 ** 30, 'bytes').default(4_096),
    answerTimeoutMs: duration().default(15_000),
    maximumReadingRequests: whole(1, 100_000).default(1_000),
    maximumReadingBytes: bytes(),
    maximumInFlightBytes: bytes(),
    memory: withMethods<WebhookMemory>('have the methods `has` and `add`', 'has', 'add').optional(),
    rememberMs: whole(1, 8_640_000_000, 'milliseconds').default(3_600_000),
    onRefused: callable<(refusal: WebhookRefusal) => void>().default(() => () => undefined),
  } satisfies OptionSchemas<Omit<WebhookReceiverOptions, keyof WebhookVerifierOptions>>)
  // Two endpoints of one sender have the same secret at times, and get the same messages.
  .refine(
    ({ name, memory }) =>
      name === undefined
        ? memory === undefined
        : typeof name === 'string' && /^[\x20-\x7e]{1,200}$/.test(name),
    at(
      'name',
      'must be 1 to 200 printable ASCII characters, and is needed with `memory`: it keeps the ' +
        'receivers apart that share one',
    ),
  )
  // A message that was signed ahead of our clock stays valid for twice the tolerance.
  .refine(
    ({ rememberMs, toleranceMs }) => rememberMs >= 2 * toleranceMs,
    at('rememberMs', 'must be at least twice `toleranceMs`'),
  )
  .refine(
    ({ maximumReadingBytes: room, maximumBodyBytes }) => hasRoom(room, maximumBodyBytes),
    at('maximumReadingBytes', roomText),
  )
  .refine(
    ({ maximumInFlightBytes: room, maximumBodyBytes }) => hasRoom(room, maximumBodyBytes),
    at('maximumInFlightBytes', roomText),
  );

function hasRoom(room: number | undefined, maximumBodyBytes: number): boolean {
  return room === undefined || room >= maximumBodyBytes + headerBytes;
}

/** The names of all options, those of the verifier included. */
export const receiverOptionNames: readonly string[] = Object.keys(schema.shape);

/** The options, checked and complete. */
export type ReceiverSettings = ReturnType<typeof readReceiverOptions>;

/** Throws `invalidArgument` for options that cannot work. */
export function readReceiverOptions(options: WebhookReceiverOptions) {
  const settings = withKeys(factory, checkOptions(factory, schema, options));
  const room = Math.max(33_554_432, settings.maximumBodyBytes + headerBytes);
  return {
    ...settings,
    name: settings.name ?? '',
    memory: settings.memory ?? createMemory(defaultMemoryBytes, settings.now),
    maximumReadingBytes: settings.maximumReadingBytes ?? room,
    maximumInFlightBytes: settings.maximumInFlightBytes ?? room,
  };
}
