import { day, longestTimerMs, type OptionChecks, optionChecks } from '../checks.ts';
import { createMemory, type WebhookMemory } from '../memory.ts';
import {
  readVerifierOptions,
  type VerifierSettings,
  verifierOptionNames,
  type WebhookVerifierOptions,
} from '../verifier.ts';
import type { WebhookRefusal } from './refusal.ts';

/** What {@link createWebhookReceiver} takes: what the verifier takes, and more. */
export interface WebhookReceiverOptions extends WebhookVerifierOptions {
  /** How long a body may take to come; milliseconds, 10 s by default. */
  readonly bodyTimeoutMs?: number | undefined;
  /**
   * How long a sender is kept waiting for the outcome; milliseconds, 15 s by default. Less than
   * senders wait (15 to 30 s). Afterwards it is told to come again, and when the message is done
   * with by then, that is all it is told.
   */
  readonly answerTimeoutMs?: number | undefined;
  /** Requests whose bodies are read at the same time at most; 100 by default. */
  readonly maximumReadingRequests?: number | undefined;
  /** Remembers what was done with; within this process by default. */
  readonly memory?: WebhookMemory | undefined;
  /** How long that is remembered; milliseconds, 1 h by default, at least twice the tolerance. */
  readonly rememberMs?: number | undefined;
  /** Told of each request that was not taken, to log or to count it. Never throws. */
  readonly onRefused?: ((refusal: WebhookRefusal) => void) | undefined;
}

/** The options, checked and complete. */
export interface ReceiverSettings extends VerifierSettings {
  readonly bodyTimeoutMs: number;
  readonly answerTimeoutMs: number;
  readonly maximumReadingRequests: number;
  readonly memory: WebhookMemory;
  readonly rememberMs: number;
  readonly onRefused: (refusal: WebhookRefusal) => void;
}

export const defaultMaximumIds = 100_000;

/** The names of all options, those of the verifier included. */
export const receiverOptionNames = [
  ...verifierOptionNames,
  'bodyTimeoutMs',
  'answerTimeoutMs',
  'maximumReadingRequests',
  'memory',
  'rememberMs',
  'onRefused',
] as const;

const milliseconds = { from: 1, to: longestTimerMs, unit: 'milliseconds' } as const;

/** Throws `invalidArgument` for options that cannot work. */
export function readReceiverOptions(
  options: WebhookReceiverOptions & { readonly now: () => number },
): ReceiverSettings {
  const checks = optionChecks('createWebhookReceiver');
  const verifier = readVerifierOptions(options, checks, receiverOptionNames);
  const {
    bodyTimeoutMs = 10_000,
    answerTimeoutMs = 15_000,
    maximumReadingRequests = 100,
  } = options;
  const { rememberMs = 3_600_000, onRefused = () => undefined } = options;
  const { memory = createMemory(defaultMaximumIds, verifier.now) } = options;
  return {
    ...verifier,
    bodyTimeoutMs: checks.whole('bodyTimeoutMs', bodyTimeoutMs, milliseconds),
    answerTimeoutMs: checks.whole('answerTimeoutMs', answerTimeoutMs, milliseconds),
    maximumReadingRequests: checks.whole('maximumReadingRequests', maximumReadingRequests, {
      from: 1,
      to: 100_000,
    }),
    memory: checkMemory(memory, checks),
    // A message that was signed ahead of our clock stays valid for twice the tolerance.
    rememberMs: checks.whole('rememberMs', rememberMs, {
      from: 2 * verifier.toleranceMs,
      to: 100 * day,
      unit: 'milliseconds',
    }),
    onRefused: checks.callback('onRefused', onRefused),
  };
}

function checkMemory(memory: WebhookMemory, checks: OptionChecks): WebhookMemory {
  if (typeof memory?.has === 'function' && typeof memory.add === 'function') return memory;
  throw checks.invalid('memory', 'must have the methods `has` and `add`');
}
