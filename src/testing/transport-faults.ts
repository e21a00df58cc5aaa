import { setImmediate as nextTurn } from 'node:timers/promises';
import { z } from 'zod';
import { OrderchartError } from '../errors.ts';
import { checkOptions, oneOf } from '../options.ts';
import type {
  ConsumeOptions,
  Consumption,
  Delivery,
  PublishResult,
  Transport,
  TransportMessage,
} from '../transport/transport.ts';
import { delegateTransport } from './delegate-transport.ts';
import { rateSchema } from './faults.ts';
import { seededRandom } from './random.ts';

/** The faults that can be injected into a call of `publish`. */
export const publishFaults = [
  /** Nothing is published; throws `transportUnavailable`. */
  'unavailable',
  /** Nothing is published, and every message is answered `failed`. */
  'failed',
  /** The first message is not published and is answered `failed`; the others are published. */
  'firstFailed',
  /** Everything is published; every message is answered `failed`, as if confirmations were lost. */
  'answerLost',
  /** Everything is published; throws `transportUnavailable`, as if the connection was lost. */
  'answerThrown',
  /** Everything is published twice. */
  'duplicate',
  /** Published immediately, answered some turns of the event loop later, after other calls. */
  'lateAnswer',
  /** Published some turns of the event loop later, after other calls. */
  'latePublish',
  /** The first message is not published and is answered `refused`. Only if `faults` names it. */
  'firstRefused',
] as const;

/** One of {@link publishFaults}. */
export type PublishFault = (typeof publishFaults)[number];

/** The faults that can be injected into an ack. */
export const ackFaults = [
  /** The ack reaches the broker, but rejects with `transportUnavailable`. */
  'ackAnswerLost',
  /** The ack does not reach the broker and rejects. The message is redelivered. */
  'ackLost',
] as const;

/** One of {@link ackFaults}. */
export type AckFault = (typeof ackFaults)[number];

/** Options of {@link faultyTransport}: a seed, or lists of faults. */
export type TransportFaultOptions =
  | {
      /** Selects the faults. The same seed and calls result in the same faults. */
      readonly seed: number;
      /** The share of calls with a fault, from 0 to 1. Default 0.2. */
      readonly rate?: number;
      /** The faults to choose from. Default: all except `firstRefused`. */
      readonly faults?: readonly (PublishFault | AckFault)[];
    }
  | {
      /** The fault of each call of `publish`, in order. Later calls have no fault. */
      readonly plan: readonly (PublishFault | undefined)[];
      /** The fault of each ack, in order. Later acks have no fault. */
      readonly ackPlan?: readonly (AckFault | undefined)[];
    };

const listText = 'must be a list of faults';

/** The fields of both forms: a seed, or a plan. */
const schema = z.strictObject({
  seed: z.number('must be a number').optional(),
  rate: rateSchema().optional(),
  faults: z.array(oneOf(...publishFaults, ...ackFaults), listText).optional(),
  plan: z.array(oneOf(...publishFaults).optional(), listText).optional(),
  ackPlan: z.array(oneOf(...ackFaults).optional(), listText).optional(),
});

/** An injected fault. */
export interface InjectedFault {
  /** The method that was called. */
  readonly method: 'publish' | 'ack';
  /** The number of the call, from 0, per method. */
  readonly call: number;
  /** The fault of the call. */
  readonly fault: PublishFault | AckFault;
}

/** A transport with faults, and a record of them. */
export interface FaultyTransport extends Transport {
  /** The faults injected so far, in order. */
  readonly injected: readonly InjectedFault[];
}

/**
 * Wraps a transport so that some of its `publish` calls and acks fail in ways that the port allows.
 * No message answered `published` is lost, and no other message appears.
 *
 * @example
 * const transport = faultyTransport(createInProcessTransport(), { seed: 7, rate: 0.3 });
 *
 * @example
 * // The second batch is published, and its confirmations are lost.
 * const transport = faultyTransport(inner, { plan: [undefined, 'answerLost'] });
 */
export function faultyTransport(
  transport: Transport,
  options: TransportFaultOptions,
): FaultyTransport {
  checkOptions('faultyTransport', schema, options);
  const injected: InjectedFault[] = [];
  const nextPublish = counted('publish', publishSource(options), injected);
  const nextAck = counted('ack', ackSource(options), injected);
  const { consume, ...rest } = delegateTransport(transport);
  const publish = async (messages: readonly TransportMessage[]) => {
    const { call, fault } = nextPublish();
    return publishWith(fault, transport, messages, 1 + (call % 5));
  };
  const faulty = { ...rest, name: `faulty ${transport.name}`, publish, injected };
  if (consume === undefined) return faulty;
  const withFaults = (delivery: Delivery): Delivery => ({
    message: delivery.message,
    attempt: delivery.attempt,
    ack: async () => ackWith(nextAck().fault, delivery),
    nack: (delayMs) => delivery.nack(delayMs),
  });
  return {
    ...faulty,
    consume: (given: ConsumeOptions): Promise<Consumption> =>
      consume({ ...given, deliver: (delivery) => given.deliver(withFaults(delivery)) }),
  };
}

/** Returns the fault of a call, or `undefined` for none. */
type FaultSource<Fault> = (call: number) => Fault | undefined;

function publishSource(options: TransportFaultOptions): FaultSource<PublishFault> {
  if ('plan' in options) return (call) => options.plan[call];
  return drawn(publishFaults, options, seededRandom(options.seed));
}

function ackSource(options: TransportFaultOptions): FaultSource<AckFault> {
  if ('plan' in options) return (call) => options.ackPlan?.[call];
  // Use a separate random sequence, so that an additional ack does not change the publish faults.
  return drawn(ackFaults, options, seededRandom(~options.seed));
}

const faultsByDefault = [...publishFaults, ...ackFaults].filter(
  (fault) => fault !== 'firstRefused',
);

function drawn<Fault extends PublishFault | AckFault>(
  possible: readonly Fault[],
  options: Extract<TransportFaultOptions, { readonly seed: number }>,
  random: () => number,
): FaultSource<Fault> {
  const { rate = 0.2, faults = faultsByDefault } = options;
  const candidates = possible.filter((fault) => faults.includes(fault));
  return () => {
    // Always draw both, so that one fault more or less does not change all later ones.
    const [isFault, choice] = [random() < rate, random()];
    return isFault ? candidates[Math.floor(choice * candidates.length)] : undefined;
  };
}

/** Counts the calls, and records the faults. */
function counted<Fault extends PublishFault | AckFault>(
  method: InjectedFault['method'],
  source: FaultSource<Fault>,
  injected: InjectedFault[],
): () => { readonly call: number; readonly fault: Fault | undefined } {
  let calls = 0;
  return () => {
    const call = calls;
    calls += 1;
    const fault = source(call);
    if (fault !== undefined) injected.push({ method, call, fault });
    return { call, fault };
  };
}

async function publishWith(
  fault: PublishFault | undefined,
  transport: Transport,
  messages: readonly TransportMessage[],
  turnCount: number,
): Promise<readonly PublishResult[]> {
  switch (fault) {
    case undefined:
      return transport.publish(messages);
    case 'unavailable':
      throw injectedError(fault);
    case 'failed':
      return messages.map(() => failed(fault));
    case 'firstFailed':
      return withoutFirst(transport, messages, failed(fault));
    case 'firstRefused':
      return withoutFirst(transport, messages, { status: 'refused', reason: injectedText(fault) });
    case 'answerLost':
      return (await transport.publish(messages)).map(() => failed(fault));
    case 'answerThrown':
      await transport.publish(messages);
      throw injectedError(fault);
    case 'duplicate':
      await transport.publish(messages);
      return transport.publish(messages);
    case 'lateAnswer': {
      const results = await transport.publish(messages);
      await turns(turnCount);
      return results;
    }
    case 'latePublish':
      await turns(turnCount);
      return transport.publish(messages);
  }
}

async function withoutFirst(
  transport: Transport,
  messages: readonly TransportMessage[],
  first: PublishResult,
): Promise<readonly PublishResult[]> {
  const rest = await transport.publish(messages.slice(1));
  return messages.length === 0 ? rest : [first, ...rest];
}

async function ackWith(fault: AckFault | undefined, delivery: Delivery): Promise<void> {
  if (fault === undefined) return delivery.ack();
  await (fault === 'ackLost' ? delivery.nack() : delivery.ack());
  throw injectedError(fault);
}

function failed(fault: PublishFault): PublishResult {
  return { status: 'failed', error: injectedError(fault) };
}

function injectedError(fault: PublishFault | AckFault): OrderchartError {
  return new OrderchartError('transportUnavailable', injectedText(fault), { details: { fault } });
}

function injectedText(fault: PublishFault | AckFault): string {
  return `The fault "${fault}" was injected by faultyTransport.`;
}

async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn += 1) await nextTurn();
}
