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

/** Options of {@link createWebhookReceiver}, in addition to those of the verifier. */
export interface WebhookReceiverOptions extends WebhookVerifierOptions {
  /**
   * Identifies the receiver in a shared `memory`: the same in all processes that receive for one
   * endpoint, and different for other endpoints. Required with `memory`.
   */
  readonly name?: string | undefined;
  /** How long a body may take to arrive, in ms. Default 10,000. */
  readonly bodyTimeoutMs?: number | undefined;
  /**
   * The time before `minimumBodyBytesPerSecond` applies to a body, and before it may have to make
   * room for others, in ms. Default 2,000.
   */
  readonly bodyGraceMs?: number | undefined;
  /** The minimum average rate of a body. 0 disables it. Default 4,096. */
  readonly minimumBodyBytesPerSecond?: number | undefined;
  /**
   * How long a sender waits for the answer, in ms. Should be less than the timeout of senders (15
   * to 30 s). After that the sender is asked to retry. If the message was acked by then, the retry
   * is answered with success. Default 15,000.
   */
  readonly answerTimeoutMs?: number | undefined;
  /** The most requests whose bodies are read at the same time. Default 1,000. */
  readonly maximumReadingRequests?: number | undefined;
  /**
   * The most bytes of all requests whose bodies are being read. At least the largest request.
   * Default
   * 32 MiB.
   */
  readonly maximumReadingBytes?: number | undefined;
  /** The most bytes of all messages in flight. At least the largest request. Default 32 MiB. */
  readonly maximumInFlightBytes?: number | undefined;
  /** Remembers handled messages. Default: a memory in this process. */
  readonly memory?: WebhookMemory | undefined;
  /**
   * How long handled messages are remembered, in ms, at least twice `toleranceMs`. Default
   * 3,600,000.
   */
  readonly rememberMs?: number | undefined;
  /** Called for each refused request, for logs and metrics. Must not throw. */
  readonly onRefused?: ((refusal: WebhookRefusal) => void) | undefined;
}

const factory = 'createWebhookReceiver';

/** Room for a request without its body. Node limits headers to 16 KiB. */
const headerBytes = 65_536;
/** With a lower bound, the largest request would be refused even by an idle receiver. */
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
  // Two endpoints of one sender may have the same secret, and receive the same messages.
  .refine(
    ({ name, memory }) =>
      name === undefined
        ? memory === undefined
        : typeof name === 'string' && /^[\x20-\x7e]{1,200}$/.test(name),
    at(
      'name',
      'must be 1 to 200 printable ASCII characters, and is required with `memory`, where it ' +
        'distinguishes receivers',
    ),
  )
  // A message signed ahead of this clock stays valid for twice the tolerance.
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

/** The names of all options, including those of the verifier. */
export const receiverOptionNames: readonly string[] = Object.keys(schema.shape);

/** The options, checked and complete. */
export type ReceiverSettings = ReturnType<typeof readReceiverOptions>;

/** Throws `invalidArgument` for invalid options. */
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
