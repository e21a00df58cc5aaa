import assert from 'node:assert/strict';
import type { Transport, TransportMessage } from '../../transport/transport.ts';
import { adviceFor } from './advice.ts';
import { arrivalsOf } from './arrivals.ts';
import type {
  TransportConformanceCase,
  TransportConformanceContext,
  TransportProvision,
  UnopenableTransport,
} from './case.ts';
import { startConsumer } from './consumer.ts';
import { runInScope } from './resources.ts';
import { eventually, turns, within } from './waiting.ts';

/** A transport under test, and the means to disturb it. */
export interface TransportUnderTest {
  /** A new transport on a new, empty place (topic, queue, stream, endpoint); not yet open. */
  readonly transport: Transport;
  /** Makes another transport on the same place, as a second process would; not yet open. */
  readonly again?: () => Transport | Promise<Transport>;
  /** All messages that arrived at the far end, in order: for a transport that only publishes. */
  readonly received?: () => readonly TransportMessage[] | Promise<readonly TransportMessage[]>;
  /** Cuts the connections of `transport`, which may reconnect immediately. */
  readonly breakConnection?: () => Promise<void>;
  /** Makes the broker unreachable for `transport`, until the function that it resolves to is called. */
  readonly interrupt?: () => Promise<() => Promise<void>>;
  /** Stops the broker and starts it again. For durable transports. */
  readonly restartBroker?: () => Promise<void>;
  /**
   * How long the broker waits for the answer to a delivery, in milliseconds, if it has such a
   * limit. Make it short, since a case waits three times as long, but longer than any stall of the
   * machine.
   */
  readonly deadlineMs?: number;
  /** Makes a transport whose address leads nowhere. */
  readonly wrongAddress?: () => UnopenableTransport | Promise<UnopenableTransport>;
  /** Makes a transport whose credentials are wrong. */
  readonly wrongCredentials?: () => UnopenableTransport | Promise<UnopenableTransport>;
  /**
   * Texts that no error of `transport` may contain: its password or token. Use long ones that
   * appear nowhere else.
   */
  readonly secrets?: readonly string[];
  /** Removes the place. Every transport on it has been closed by then. */
  readonly dispose?: () => void | Promise<void>;
}

/**
 * Makes a {@link TransportUnderTest} on a place of its own. Called once per case, and twice by a case
 * about two places.
 */
export type TransportFactory = () => TransportUnderTest | Promise<TransportUnderTest>;

/** Options of {@link runTransportConformanceCase}. */
export interface TransportCaseOptions {
  /**
   * How long to wait for something expected, in milliseconds, before a case fails. Default 15,000.
   * Must be longer than any pause of the adapter: its longest reconnect delay, the broker's deadline.
   */
  readonly patienceMs?: number;
  /**
   * Called when an `open` took more than a third of `patienceMs`: each case opens transports, so
   * the whole suite becomes slow. Default: a process warning.
   */
  readonly onSlow?: (message: string) => void;
}

/**
 * Runs one case on a transport of its own, and closes everything that it opened. Rejects if the
 * case fails, if closing fails, or if a rejection was not handled. The error names the case and
 * the usual mistake.
 */
export async function runTransportConformanceCase(
  conformanceCase: TransportConformanceCase,
  createTransport: TransportFactory,
  options: TransportCaseOptions = {},
): Promise<void> {
  try {
    await runWatched(conformanceCase, createTransport, options);
  } catch (error) {
    throw explained(error, conformanceCase);
  }
}

/** Adds the case and advice to an error's message, and keeps its expected and actual values. */
function explained(error: unknown, conformanceCase: TransportConformanceCase): Error {
  const failure = error instanceof Error ? error : new Error(String(error), { cause: error });
  const { group, name } = conformanceCase;
  const advice = adviceFor(conformanceCase);
  failure.message += `\n\nExpected (${group}): ${name}.`;
  if (advice !== undefined) failure.message += `\nThe usual mistake: ${advice}.`;
  return failure;
}

type RejectionWatcher = (reason: unknown) => void;

/** Concurrent cases share one listener, because Node warns of a leak above ten. */
const rejectionWatchers = new Set<RejectionWatcher>();

function tellOfRejection(reason: unknown): void {
  for (const watcher of rejectionWatchers) watcher(reason);
}

/** Reports each unhandled rejection, until the returned function is called. */
function watchRejections(watcher: RejectionWatcher): () => void {
  if (rejectionWatchers.size === 0) process.on('unhandledRejection', tellOfRejection);
  rejectionWatchers.add(watcher);
  return () => {
    rejectionWatchers.delete(watcher);
    if (rejectionWatchers.size === 0) process.off('unhandledRejection', tellOfRejection);
  };
}

async function runWatched(
  conformanceCase: TransportConformanceCase,
  createTransport: TransportFactory,
  { patienceMs = 15_000, onSlow = (message) => process.emitWarning(message) }: TransportCaseOptions,
): Promise<void> {
  const unhandled: unknown[] = [];
  const unwatch = watchRejections((reason) => unhandled.push(reason));
  try {
    await runInScope(() => runAndClose(conformanceCase, createTransport, { patienceMs, onSlow }));
    await turns();
  } finally {
    unwatch();
  }
  assert.deepEqual(unhandled, [], 'no rejection is unhandled');
}

async function runAndClose(
  { run }: TransportConformanceCase,
  createTransport: TransportFactory,
  options: Required<TransportCaseOptions>,
): Promise<void> {
  const { patienceMs } = options;
  const opened: Transport[] = [];
  const subjects: TransportUnderTest[] = [];
  const create = async () => {
    const subject = await createTransport();
    subjects.push(subject);
    return subject;
  };
  const failures: unknown[] = [];
  const attempt = async (work: () => unknown) => {
    try {
      await work();
    } catch (error) {
      failures.push(error);
    }
  };
  await attempt(async () => run(await openContext(create, opened, options)));
  for (const transport of opened.toReversed()) {
    await attempt(() => within('`close` settles', transport.close(), patienceMs));
  }
  for (const subject of subjects.toReversed()) await attempt(() => subject.dispose?.());
  // The first failure is the cause; the later ones are mostly its consequences.
  if (failures.length > 0) throw failures[0];
}

async function openContext(
  create: () => Promise<TransportUnderTest>,
  opened: Transport[],
  { patienceMs, onSlow }: Required<TransportCaseOptions>,
): Promise<TransportConformanceContext> {
  const open = async (transport: Transport) => {
    opened.push(transport);
    const startedAt = performance.now();
    await within('`open` settles', transport.open(), patienceMs);
    const tookMs = Math.round(performance.now() - startedAt);
    if (tookMs > patienceMs / 3) {
      onSlow(`\`open\` of the transport '${transport.name}' took ${tookMs} ms.`);
    }
    return transport;
  };
  const subject = await create();
  const transport = await open(subject.transport);
  const again = async () => open(await provided(subject, 'again')());
  return {
    transport,
    patienceMs,
    again,
    unopened: async () => provided(subject, 'again')(),
    get secrets() {
      return provided(subject, 'secrets');
    },
    arrivals: () => arrivalsOf(subject, patienceMs),
    elsewhere: async () => {
      const other = await create();
      return {
        transport: await open(other.transport),
        arrivals: () => arrivalsOf(other, patienceMs),
      };
    },
    consume: (options = {}) => startConsumer(options.transport ?? transport, options, patienceMs),
    breakConnection: async () => provided(subject, 'breakConnection')(),
    interrupt: async () => provided(subject, 'interrupt')(),
    restartBroker: async () => provided(subject, 'restartBroker')(),
    get deadlineMs() {
      return provided(subject, 'deadlineMs');
    },
    wrongAddress: async () => provided(subject, 'wrongAddress')(),
    wrongCredentials: async () => provided(subject, 'wrongCredentials')(),
    eventually: (what, check) => eventually(what, check, patienceMs),
    within: (what, promise) => within(what, promise, patienceMs),
  };
}

function provided<Name extends TransportProvision>(
  subject: TransportUnderTest,
  name: Name,
): NonNullable<TransportUnderTest[Name]> {
  const provision = subject[name];
  assert.ok(provision, `the factory provides \`${name}\`, as \`provides\` says`);
  return provision;
}
