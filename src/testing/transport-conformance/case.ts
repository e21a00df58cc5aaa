import type { Transport, TransportFeatures, TransportMessage } from '../../transport/transport.ts';
import type { Consumer, ConsumerOptions } from './consumer.ts';

/** What a factory may give beside the transport, for cases that need it. */
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

/** What must be there for a case to apply. */
export type TransportNeed =
  | Exclude<keyof TransportFeatures, 'maximumBodyBytes'>
  | TransportProvision
  /** What arrives can be seen: the transport consumes, or the factory provides `received`. */
  | 'arrivals'
  /** `deduplicates` is false: nothing may be dropped for the sake of its id. */
  | 'repeats'
  /** The limit of bodies is low enough to be reached by a test. */
  | 'reachableLimit';

/** A transport that cannot be opened, for the cases about its errors. */
export interface UnopenableTransport {
  /** The transport that does not open. */
  readonly transport: Transport;
  /** What no error may show: the password or token that it was made with. */
  readonly secrets?: readonly string[];
}

/** What came in at the far end, however it was seen. */
export interface Arrivals {
  /** In the order in which they came, repetitions included. */
  readonly messages: readonly TransportMessage[];
  /** Waits until each of these messages has come at least once, and gives all that came. */
  until(expected: readonly TransportMessage[]): Promise<readonly TransportMessage[]>;
}

/** What a case can work with. Each case gets a transport of its own, open, on an empty place. */
export interface TransportConformanceContext {
  /** The opened transport that the case tests. */
  readonly transport: Transport;
  /** How long to wait for what must come, in milliseconds, before the case fails. */
  readonly patienceMs: number;
  /** Another open transport on the same place, as a second process would have. */
  again(): Promise<Transport>;
  /** Another transport on the same place, not open. Whoever opens it closes it. */
  unopened(): Promise<Transport>;
  /** What no error may show: passwords and tokens that `transport` was made with. */
  readonly secrets: readonly string[];
  /** Begins to look at what arrives: consumes and acks everything, or asks the factory. */
  arrivals(): Promise<Arrivals>;
  /** Begins to consume, on `transport` unless another is given. */
  consume(options?: ConsumerOptions): Promise<Consumer>;
  /** Cuts the connections of `transport`; it may make new ones at once. */
  breakConnection(): Promise<void>;
  /** Makes the broker unreachable until the function that it resolves to is called. */
  interrupt(): Promise<() => Promise<void>>;
  /** Stops the broker and starts it again. */
  restartBroker(): Promise<void>;
  /** How long the broker leaves a delivery to a consumer that says nothing, in milliseconds. */
  readonly deadlineMs: number;
  /** A transport whose address leads nowhere; not open. */
  wrongAddress(): Promise<UnopenableTransport>;
  /** A transport whose credentials are wrong; not open. */
  wrongCredentials(): Promise<UnopenableTransport>;
  /** Waits until `check` holds; fails after `patienceMs`, and says what was waited for. */
  eventually(what: string, check: () => boolean | Promise<boolean>): Promise<void>;
  /** What `promise` gives; fails when it does not settle within `patienceMs`. */
  within<Value>(what: string, promise: Promise<Value>): Promise<Value>;
}

/** One thing that a transport must keep, under a name that stays the same between versions. */
export interface TransportConformanceCase {
  /** The title of the case. */
  readonly name: string;
  /** The title of its group. */
  readonly group: string;
  /** All of these must be there, else the case does not apply. */
  readonly needs: readonly TransportNeed[];
  /** Runs it; rejects when the transport fails it. */
  readonly run: (context: TransportConformanceContext) => Promise<void>;
}

/** Makes the cases of one group from their names and bodies. */
export function casesOf(
  group: string,
  needs: readonly TransportNeed[],
  bodies: Readonly<Record<string, TransportConformanceCase['run']>>,
): readonly TransportConformanceCase[] {
  return Object.entries(bodies).map(([name, run]) => ({ name, group, needs, run }));
}
