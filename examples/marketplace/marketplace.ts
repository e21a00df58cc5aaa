import { createOrderEngine, isOrderchartError, type OrderEngine } from 'orderchart';
import { createMovableClock } from 'orderchart/testing';
import { type Audit, audit } from './audit.ts';
import { Failure } from './failure.ts';
import { plural } from './format.ts';
import { type Step, stepsOf, unpaidTimeoutMs } from './mapping.ts';
import { help, type Options, readOptions } from './options.ts';
import { createProgress, noProgress, type Output, type Progress } from './progress.ts';
import { fakeProvider } from './provider.ts';
import { type ReplayCounts, replay } from './replay.ts';
import { readSource, type Source } from './source.ts';
import { type ChosenStore, chooseStore } from './store.ts';
import { drawSummary, type Remarks, type Summary, summarize } from './summary.ts';
import { drawTimeline } from './timeline.ts';

/** Where a run writes to, and the signal that interrupts it. */
export interface Terminal {
  readonly stdout: Output;
  readonly stderr: Output;
  readonly signal: AbortSignal;
}

/** Where the virtual clock ends. */
const endOfTime = Date.UTC(2018, 11, 31);

const exitCodes = { well: 0, notWell: 1, interrupted: 130 } as const;

/** Runs the example. Returns the exit code of the process. */
export async function runMarketplace(args: readonly string[], terminal: Terminal): Promise<number> {
  try {
    const options = readOptions(args);
    if (!options.help) return await replayFolder(options, terminal);
    terminal.stdout.write(`${help}\n`);
    return exitCodes.well;
  } catch (error) {
    if (!(error instanceof Failure) && !isOrderchartError(error)) throw error;
    terminal.stderr.write(`${error.message}\n`);
    return error instanceof Failure ? error.exitCode : exitCodes.notWell;
  }
}

async function replayFolder(options: Options, terminal: Terminal): Promise<number> {
  // 1 read the orders
  const source = await readSource(options.data);
  tellProblems(source, terminal);
  // 2 set up the engine
  const chosen = await chooseStore(options);
  try {
    return await replaySource(source, chosen, options, terminal);
  } finally {
    await chosen.remove();
  }
}

async function replaySource(
  source: Source,
  chosen: ChosenStore,
  options: Options,
  terminal: Terminal,
): Promise<number> {
  const steps = stepsOf(source.orders);
  const clock = createMovableClock(steps[0]?.at ?? endOfTime);
  await using engine = await createOrderEngine({
    store: chosen.store,
    clock,
    policy: { confirmWhen: 'paid', unpaidTimeoutMs },
  });
  await engine.subscribe(fakeProvider);
  const discrepancies = watchDiscrepancies(engine);
  // 3 send the commands
  const startedAt = performance.now();
  const counts = await replay(steps, {
    engine,
    clock,
    endsAt: Math.max(endOfTime, steps.at(-1)?.at ?? 0),
    signal: terminal.signal,
    progress: progressOf(steps, options, terminal),
  });
  const seconds = (performance.now() - startedAt) / 1000;
  if (!counts.isComplete) return tellInterrupted(counts, chosen, terminal);
  // 4 read everything again
  const found = await audit(engine);
  const { events, batches } = engine.stats();
  const figures = { ...discrepancies, events, seconds, store: options.store };
  const summary = summarize(counts, figures, found);
  // 5 print the result
  if (options.json) terminal.stdout.write(`${JSON.stringify(summary)}\n`);
  else terminal.stdout.write(drawResult(summary, { ...counts, ...found, batches }, source));
  const isWell = source.problems.length === 0 && summary.lawsBroken === 0;
  return isWell ? exitCodes.well : exitCodes.notWell;
}

type Details = Omit<Remarks, 'skippedOrders' | 'unreadRows'> & Pick<Audit, 'story'>;

function drawResult(summary: Summary, details: Details, source: Source): string {
  const { story } = details;
  const timeline = story === undefined ? '' : `\n${drawTimeline(story)}\n`;
  const { skippedOrders, problems } = source;
  const remarks = { ...details, skippedOrders, unreadRows: problems.length };
  return `${timeline}${drawSummary(summary, remarks)}`;
}

/** Counts the discrepancies that the engine opens, and those that converge. */
function watchDiscrepancies(engine: OrderEngine): { opened: number; converged: number } {
  const counted = { opened: 0, converged: 0 };
  engine.on('discrepancy.detected', () => {
    counted.opened += 1;
  });
  engine.on('discrepancy.resolved', ({ data }) => {
    if (data.cause === 'converged') counted.converged += 1;
  });
  return counted;
}

/** Progress goes to the same stream as the result. With --json, it goes to a terminal only. */
function progressOf(
  steps: readonly Step[],
  { json }: Options,
  { stdout, stderr }: Terminal,
): Progress {
  const total = steps.filter(({ kind }) => kind === 'send').length;
  if (json && stderr.isTTY !== true) return noProgress;
  return createProgress(json ? stderr : stdout, total);
}

/** How many unreadable rows are printed one by one. */
const toldProblems = 20;

function tellProblems({ problems }: Source, { stderr }: Terminal): void {
  for (const { file, line, column, message } of problems.slice(0, toldProblems)) {
    stderr.write(`${file}, line ${line}, column ${column}: ${message}\n`);
  }
  const more = problems.length - toldProblems;
  if (more > 0) stderr.write(`and ${plural(more, 'row')} more that could not be read\n`);
}

function tellInterrupted(
  { commands }: ReplayCounts,
  { keptIn }: ChosenStore,
  { stderr }: Terminal,
): number {
  const goOn =
    keptIn === undefined
      ? 'Nothing is kept: use --db FILE, or --schema NAME, to be able to continue a run.'
      : `Everything so far is in ${keptIn}: repeat the same command to continue from there.`;
  stderr.write(`Interrupted after ${plural(commands, 'command')}. ${goOn}\n`);
  return exitCodes.interrupted;
}
