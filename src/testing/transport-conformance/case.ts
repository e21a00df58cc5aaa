import type { Transport, TransportFeatures, TransportMessage } from '../../transport/transport.ts';
import type { Consumer, ConsumerOptions } from './consumer.ts';

/** What a factory may provide besides the transport, for cases that need it. */
export const transportProvisions = [
  'again',
  'received',
  'breakConnection',
  'interrupt',
  'restartBroker',
  'deadlineMs',
  'wrongAddress',
  'wrongCredentials',
  'secrets',
] as const;

/** One of {@link transportProvisions}. */
export type TransportProvision = (typeof transportProvisions)[number];

/** A requirement without which a case does not apply. */
export type TransportNeed =
  | Exclude<keyof TransportFeatures, 'maximumBodyBytes'>
  | TransportProvision
  /** Arrivals can be observed: the transport consumes, or the factory provides `received`. */
  | 'arrivals'
  /** `deduplicates` is false: no message may be dropped because of its id. */
  | 'repeats'
  /** The size limit of bodies is low enough for a test to reach. */
  | 'reachableLimit';

/** A transport that cannot be opened, for the cases about its errors. */
export interface UnopenableTransport {
  /** The transport that does not open. */
  readonly transport: Transport;
  /** Texts that no error may contain: the password or token of the transport. */
  readonly secrets?: readonly string[];
}

/** The messages that arrived at the far end, however they were observed. */
export interface Arrivals {
  /** In the order of arrival, including repetitions. */
  readonly messages: readonly TransportMessage[];
  /** Waits until each of these messages has arrived at least once, and returns all arrivals. */
  until(expected: readonly TransportMessage[]): Promise<readonly TransportMessage[]>;
}

/** The tools of a case. Each case gets its own open transport, on an empty place. */
export interface TransportConformanceContext {
  /** The opened transport that the case tests. */
  readonly transport: Transport;
  /** How long to wait for something expected, in milliseconds, before the case fails. */
  readonly patienceMs: number;
  /** Another open transport on the same place, as a second process would have. */
  again(): Promise<Transport>;
  /** Another transport on the same place, not open. A case that opens it must close it. */
  unopened(): Promise<Transport>;
  /** Texts that no error may contain: passwords and tokens of `transport`. */
  readonly secrets: readonly string[];
  /** Starts observing arrivals: consumes and acks everything, or asks the factory. */
  arrivals(): Promise<Arrivals>;
  /** An open transport on another place, and the means of observing what arrives there. */
  elsewhere(): Promise<Pick<TransportConformanceContext, 'transport' | 'arrivals'>>;
  /** Starts consuming, from `transport` unless the options name another one. */
  consume(options?: ConsumerOptions): Promise<Consumer>;
  /** Cuts the connections of `transport`, which may reconnect immediately. */
  breakConnection(): Promise<void>;
  /** Makes the broker unreachable until the function that it resolves to is called. */
  interrupt(): Promise<() => Promise<void>>;
  /** Stops the broker and starts it again. */
  restartBroker(): Promise<void>;
  /** How long the broker waits for the answer to a delivery, in milliseconds. */
  readonly deadlineMs: number;
  /** A transport whose address leads nowhere; not open. */
  wrongAddress(): Promise<UnopenableTransport>;
  /** A transport whose credentials are wrong; not open. */
  wrongCredentials(): Promise<UnopenableTransport>;
  /** Waits until `check` returns true. Fails after `patienceMs`, naming `what` it waited for. */
  eventually(what: string, check: () => boolean | Promise<boolean>): Promise<void>;
  /** Returns the value of `promise`. Fails if it does not settle within `patienceMs`. */
  within<Value>(what: string, promise: Promise<Value>): Promise<Value>;
}

/** One requirement for transports. */
export interface TransportConformanceCase {
  /** The title of the case. */
  readonly name: string;
  /** The title of its group. */
  readonly group: string;
  /** The case applies only if all of these are met. */
  readonly needs: readonly TransportNeed[];
  /** Runs the case. Rejects if the transport fails it. */
  readonly run: (context: TransportConformanceContext) => Promise<void>;
}

/** Creates the cases of a group from their names and bodies. */
export function casesOf(
  group: string,
  needs: readonly TransportNeed[],
  bodies: Readonly<Record<string, TransportConformanceCase['run']>>,
): readonly TransportConformanceCase[] {
  return Object.entries(bodies).map(([name, run]) => ({ name, group, needs, run }));
}
