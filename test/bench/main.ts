import { type ChildProcess, fork } from 'node:child_process';
import { cpus, loadavg, tmpdir, totalmem } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { FinishedResult } from './benchmark.ts';
import { benchmarks } from './benchmarks.ts';
import { isInMemory } from './scratch.ts';

const help = `Measures orderchart: ratios of contenders that run side by side, and what limits them.

  npm run bench                    everything but what is long, in 10 to 15 minutes
  npm run bench -- --quick         a look at whether it works; the figures are not to be quoted
  npm run bench -- --only sqlite   one of: ${Object.keys(benchmarks).join(', ')}
  npm run bench -- --only million  the long one: a million orders on Postgres, half an hour, 10 GB
  npm run --silent bench -- --json
                                   one JSON object on standard output and nothing else
  npm run bench -- --folder DIR    where files are written (5 GB at most, removed afterwards);
                                   a disk, not memory. The system's temporary folder by default.

It runs the sources in src/ as they are, by way of Node's type stripping: nothing is built. Every
benchmark has a process of its own. Progress goes to standard error.
`;

interface Options {
  readonly names: readonly string[];
  readonly isQuick: boolean;
  readonly isJson: boolean;
  readonly folder: string;
}

function readOptions(): Options | undefined {
  const { values } = parseArgs({
    options: {
      help: { type: 'boolean', short: 'h', default: false },
      json: { type: 'boolean', default: false },
      quick: { type: 'boolean', default: false },
      only: { type: 'string', multiple: true, default: [] },
      folder: { type: 'string', default: tmpdir() },
    },
  });
  if (values.help) return undefined;
  const unknown = values.only.find((name) => !Object.hasOwn(benchmarks, name));
  if (unknown !== undefined) {
    throw new TypeError(`No benchmark "${unknown}": ${Object.keys(benchmarks).join(', ')}.`);
  }
  const short = Object.keys(benchmarks).filter((name) => benchmarks[name]?.isLong !== true);
  const names = values.only.length > 0 ? values.only : short;
  return { names, isQuick: values.quick, isJson: values.json, folder: values.folder };
}

/** Runs one benchmark in a process of its own. */
function runAlone(name: string, { isQuick, folder }: Options): Promise<FinishedResult> {
  const script = fileURLToPath(new URL('./child.ts', import.meta.url));
  const { promise, resolve, reject } = Promise.withResolvers<FinishedResult>();
  const child: ChildProcess = fork(script, [name, folder, isQuick ? 'quick' : 'full'], {
    // Nothing but the result may reach standard output.
    stdio: ['ignore', 2, 2, 'ipc'],
    execArgv: ['--disable-warning=ExperimentalWarning', '--max-old-space-size=8192'],
  });
  let result: FinishedResult | undefined;
  child.on('message', (message) => {
    result = message as FinishedResult;
  });
  child.on('error', reject);
  child.on('exit', (code) => {
    if (code === 0 && result !== undefined) resolve(result);
    else reject(new Error(`The benchmark ${name} ended with ${code}; see above.`));
  });
  return promise;
}

function machine(folder: string) {
  const [processor] = cpus();
  return {
    processor: processor?.model.trim() ?? 'unknown',
    cores: cpus().length,
    memoryGigabytes: Math.round(totalmem() / 2 ** 30),
    platform: `${process.platform} ${process.arch}`,
    node: process.version,
    sqlite: process.versions['sqlite'] ?? 'unknown',
    filesInMemory: isInMemory(folder),
    /** Processes that wanted a processor when it began: above 0 the machine was not ours alone. */
    loadAtStart: Number(loadavg()[0]?.toFixed(1)),
  };
}

type Machine = ReturnType<typeof machine>;

function warnings({ loadAtStart, cores, filesInMemory }: Machine, isQuick: boolean): string[] {
  const found: string[] = [];
  if (isQuick) found.push('A quick run: not to be quoted.');
  if (loadAtStart > cores / 2) {
    found.push(`Others use this machine (load ${loadAtStart}): compare ratios, not absolutes.`);
  }
  if (filesInMemory) {
    found.push('The folder is in memory, where a flush costs nothing: see --folder.');
  }
  return found;
}

function printMachine(described: Machine, notes: readonly string[]): void {
  const { processor, cores, memoryGigabytes, platform, node, sqlite } = described;
  console.log(`${processor}, ${cores} cores, ${memoryGigabytes} GB, ${platform}`);
  console.log(`Node.js ${node}, SQLite ${sqlite} (WAL, synchronous FULL)`);
  for (const note of notes) console.log(note);
}

function printResult(title: string, { data, figures, limits }: FinishedResult): void {
  const width = Math.max(...figures.map(({ name }) => name.length));
  console.log(`\n${title}`);
  for (const { name, value, note } of figures) {
    console.log(`  ${name.padEnd(width)}  ${value}${note === undefined ? '' : `  [${note}]`}`);
  }
  console.log(`  Limit: ${limits}`);
  const share = Math.round(data.processorShare * 100);
  console.log(`  Processor time was ${share} % of the elapsed; the rest waited, for disk or turn.`);
}

async function run(options: Options): Promise<void> {
  const { names, isQuick, isJson, folder } = options;
  const start = performance.now();
  const described = machine(folder);
  const notes = warnings(described, isQuick);
  if (!isJson) printMachine(described, notes);
  const results: Record<string, object> = {};
  for (const name of names) {
    const result = await runAlone(name, options);
    results[name] = result.data;
    if (!isJson) printResult(benchmarks[name]?.title ?? name, result);
  }
  const seconds = Math.round((performance.now() - start) / 1000);
  if (!isJson)
    console.log(`\n${seconds} seconds. Medians; the range of the rounds in parentheses.`);
  else console.log(JSON.stringify({ machine: described, notes, quick: isQuick, results, seconds }));
}

try {
  const options = readOptions();
  if (options === undefined) process.stdout.write(help);
  else await run(options);
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
  process.exitCode = 1;
}
