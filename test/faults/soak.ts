import { parseArgs } from 'node:util';
import { provideServer } from '../postgres/database.ts';
import { pathOf } from '../program-path.ts';
import { faultTests } from './fault-tests.ts';
import { addFindings, type FaultTest, type Findings, noFindings } from './kit/fault-test.ts';

const help = `Makes faults for a long time and looks for losses. Ends with code 1 when there is one.

  npm run soak                          every test, in half an hour
  npm run soak -- --minutes 240         longer; the time is divided among the tests
  npm run soak -- --only postgres-kill  one of: ${faultTests.map(({ name }) => name).join(', ')}
  npm run soak -- --only failover       all whose names begin with it
  npm run soak -- --rounds 10           so many of each, however long they take
  npm run soak -- --seed 7 --rounds 1   the round with this seed again
  npm run soak -- --json                one JSON object on standard output and nothing else

The PostgreSQL server is the one that ORDERCHART_TEST_POSTGRES_URL names, or the one on the
standard port, or one that is started for the run. Progress goes to standard error.
`;

interface Options {
  readonly tests: readonly FaultTest[];
  readonly seed: number;
  readonly minutes: number;
  readonly rounds: number;
  readonly isJson: boolean;
}

/** More load and more faults in a round than in \`npm test\`. */
const scale = 4;

function readOptions(): Options | undefined {
  const { values } = parseArgs({
    options: {
      help: { type: 'boolean', short: 'h', default: false },
      json: { type: 'boolean', default: false },
      only: { type: 'string', multiple: true, default: [] },
      seed: { type: 'string', default: `${Date.now() % 1_000_000}` },
      minutes: { type: 'string' },
      rounds: { type: 'string' },
    },
  });
  if (values.help) return undefined;
  const isMeant = (wanted: string, { name }: FaultTest) =>
    name === wanted || name.startsWith(`${wanted}-`);
  const unknown = values.only.find((wanted) => !faultTests.some((test) => isMeant(wanted, test)));
  if (unknown !== undefined) {
    const names = faultTests.map(({ name }) => name).join(', ');
    throw new TypeError(`No test "${unknown}": ${names}.`);
  }
  const { only, rounds, minutes = rounds === undefined ? '30' : '1000000' } = values;
  return {
    tests: faultTests.filter(
      (test) => only.length === 0 || only.some((wanted) => isMeant(wanted, test)),
    ),
    seed: numberOf('seed', values.seed),
    minutes: numberOf('minutes', minutes),
    rounds: numberOf('rounds', rounds ?? '1000000'),
    isJson: values.json,
  };
}

function numberOf(option: string, text: string): number {
  const value = Number(text);
  if (Number.isFinite(value) && value >= 0) return value;
  throw new TypeError(`--${option} takes a number, not "${text}".`);
}

interface Result extends Findings {
  readonly name: string;
  readonly promise: string;
  readonly rounds: number;
  readonly seconds: number;
}

const note = (text: string): void => void process.stderr.write(`${text}\n`);

/** Rounds of one test until its time is up; one at least. A round that throws is a loss. */
async function soak(
  test: FaultTest,
  url: string,
  options: Options,
  millis: number,
): Promise<Result> {
  const start = performance.now();
  let findings = noFindings;
  let rounds = 0;
  do {
    const seed = options.seed + rounds;
    rounds += 1;
    const label = `${test.name}, seed ${seed}`;
    const progress = (text: string): void => note(`  ${label}: ${text}`);
    const found = await test.run({ seed, scale, url, progress }).catch(brokenRound);
    const losses = found.losses.map((loss) => `${label}: ${loss}`);
    for (const loss of losses) note(`  LOSS ${loss}`);
    findings = addFindings(findings, { ...found, losses });
  } while (performance.now() - start < millis && rounds < options.rounds);
  const seconds = Math.round((performance.now() - start) / 1000);
  return { name: test.name, promise: test.promise, rounds, seconds, ...findings };
}

function brokenRound(error: unknown): Findings {
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return { ...noFindings, losses: [`the round did not end: ${text}`] };
}

const number = new Intl.NumberFormat('en-US');

function describe(counts: Findings['load']): string {
  return Object.entries(counts)
    .map(([name, count]) => `${number.format(count)} ${name}`)
    .join(', ');
}

function print(results: readonly Result[], seed: number): void {
  const rows = results.map(({ name, rounds, seconds, faults, load, peaks = {}, losses }) => [
    name,
    `${rounds} in ${seconds} s`,
    describe(faults),
    describe(load),
    describe(peaks),
    `losses: ${losses.length}`,
  ]);
  process.stdout.write(`\n| Test | Rounds | Faults made | Load held | Highest | Losses |\n`);
  process.stdout.write('| --- | --- | --- | --- | --- | --- |\n');
  for (const row of rows) process.stdout.write(`| ${row.join(' | ')} |\n`);
  process.stdout.write(`\nSeed ${seed}.\n`);
}

async function run(options: Options): Promise<void> {
  const { tests, seed, minutes, isJson } = options;
  await using server = await provideServer();
  note(`Seed ${seed}; PostgreSQL: ${server.origin}.`);
  const unexpected: string[] = [];
  process.on('unhandledRejection', (error) => unexpected.push(`unhandled rejection: ${error}`));
  const results: Result[] = [];
  process.once('SIGINT', () => {
    note('Interrupted: these are the tests that came to their end.');
    print(results, seed);
    // 128 and the signal's number, as shells have it.
    process.exit(130);
  });
  for (const test of tests) {
    if (test.program !== undefined && pathOf(test.program) === undefined) {
      note(`${test.name}: passed over, there is no program ${test.program}`);
      continue;
    }
    note(`${test.name}: ${test.promise}`);
    results.push(await soak(test, server.url, options, (minutes * 60_000) / tests.length));
  }
  for (const text of unexpected) note(`  LOSS ${text}`);
  const losses = unexpected.length + results.flatMap((result) => result.losses).length;
  if (isJson) process.stdout.write(`${JSON.stringify({ seed, results, unexpected, losses })}\n`);
  else print(results, seed);
  if (losses > 0) process.exitCode = 1;
}

try {
  const options = readOptions();
  if (options === undefined) process.stdout.write(help);
  else await run(options);
} catch (error) {
  note(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
