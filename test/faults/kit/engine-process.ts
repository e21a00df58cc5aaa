import { writeSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { systemClock } from '../../../src/engine/kernel/clock.ts';
import { silentLogger } from '../../../src/engine/kernel/logger.ts';
import { createOrderEngine, isOrderchartError } from '../../../src/index.ts';
import { blindStore } from './blind-store.ts';
import { deliveryWriter } from './deliveries.ts';
import type { EngineProcessOptions } from './engine-process-options.ts';
import { startPublishing } from './publishing.ts';
import { connectStore } from './target.ts';
import { Workload } from './workload.ts';

// An engine in a process of its own, to be killed, frozen and ended from outside. What it is to do
// stands in its one argument (EngineProcessOptions, as JSON). It tells on standard output, a line
// each, written at once and by the kernel, so that nothing of it is lost with the process:
//
//   ready                                            it has begun
//   answer <key> <order> <status> <version> <count> [code]  a command was acknowledged
//   result <number> <JSON>                           what a command from standard input came to
//   peaks <JSON>                                     the most that its publisher had in flight so far
//   rested                                           it sends no commands of its own any more
//   trapped <count>                                  it sends itself a signal while it publishes
//   defect <text>                                    what should never happen
//   standing <JSON>                                  how far its subscription is, and what it logged last
//   stats <JSON>                                     what its engine has counted so far
//   closed <pool size> <waiting>                     it has ended in order, after SIGTERM

const options = JSON.parse(process.argv[2] ?? '{}') as EngineProcessOptions;
const { name, seed, clients, sharedOrders, leaseDurationMs, clockOffsetMs = 0 } = options;

function say(...words: readonly (string | number)[]): void {
  writeSync(1, `${words.join(' ')}\n`);
}

const tellDefect = (error: unknown): void => {
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  say('defect', text.replaceAll('\n', ' | '));
};
process.on('unhandledRejection', tellDefect);
process.on('uncaughtException', tellDefect);

/** The last of what the engine only logged, to tell why something does not come about. */
const logged: string[] = [];

/** What the engine only logs, because it tries again: damage and defects never pass. */
function tellDamage(message: string, { error }: Readonly<Record<string, unknown>>): void {
  const at = new Date().toISOString();
  logged.push(`${at} ${message} ${error instanceof Error ? error.message : ''}`);
  if (logged.length > 20) logged.shift();
  if (isOrderchartError(error) && /Corrupt$|Defect$/.test(error.code)) {
    tellDefect(`${message} ${error.code}: ${error.message}`);
  }
}

const { store, pool, end } = connectStore(options.store);

const engine = await createOrderEngine({
  store: options.isBlind === true ? blindStore(store) : store,
  leaseDurationMs,
  logger: { ...silentLogger, warn: tellDamage, error: tellDamage },
  timers: options.timers ?? true,
  clock: {
    now: () => systemClock.now() + clockOffsetMs,
    schedule: (at, callback) => systemClock.schedule(at - clockOffsetMs, callback),
  },
});

const subscription = options.subscription && (await subscribe(options.subscription));

function subscribe({ name: called, deliveries }: { name: string; deliveries: string }) {
  const write = deliveryWriter(deliveries, name);
  return engine.subscribe({
    name: called,
    from: 'beginning',
    retry: { initialDelayMs: 20, maximumDelayMs: 500 },
    handler: (event) => write(event),
  });
}

function tellStats(): void {
  const ours = subscription?.status().partitions.filter(({ isOurs }) => isOurs);
  say('standing', JSON.stringify({ name, ours, logged }));
  say('stats', JSON.stringify(engine.stats()));
}

const publishing =
  options.publish &&
  (await startPublishing(engine, options.publish, (peaks) => say('peaks', JSON.stringify(peaks))));

const workload = new Workload({
  engine,
  name,
  seed,
  clients,
  sharedOrders,
  onAnswer: ({ key, orderId, status, version, eventCount, code = '' }) =>
    say('answer', key, orderId, status, version, eventCount, code),
  onDefect: tellDefect,
});

// Commands from outside, a line each: { number, command, context } as JSON; { trap }, { rest },
// { resume }, { stats }. It also keeps the process alive when it has nothing to do but wait for events.
const asked = createInterface({ input: process.stdin });
asked.on('line', (line) => {
  const { number, command, context, trap, rest, resume, stats } = JSON.parse(line);
  if (stats !== undefined) {
    tellStats();
    return;
  }
  if (rest !== undefined) {
    void workload.stop().then(() => say('rested'));
    return;
  }
  if (resume !== undefined) {
    workload.start();
    return;
  }
  if (trap !== undefined) {
    publishing?.setTrap(trap);
    return;
  }
  const told = (result: object): void => say('result', number, JSON.stringify(result));
  engine
    .execute(command, context)
    .then(told, (error) => told({ status: 'failed', code: error.code, message: error.message }));
});

process.once('SIGTERM', async () => {
  const stopped = workload.stop();
  await engine.close();
  await stopped;
  tellStats();
  publishing?.end();
  const [total, waiting] = [pool?.totalCount ?? 0, pool?.waitingCount ?? 0];
  await end();
  asked.close();
  say('closed', total, waiting);
});

say('ready');
