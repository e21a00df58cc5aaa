import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Stryker } from '@stryker-mutator/core';
import { type Half, halfNamed, halfVariable, halves } from './halves.ts';
import { drawBlocks } from './sample.ts';

const help = `Changes the code in one place after another, and tells which changes no test notices (StrykerJS).

  npm run mutate                              the rules (src/order, src/rules, src/chart): every change, a day
  npm run mutate -- --sample 1000             blocks of ten lines drawn at random, about 1,000 lines in all
  npm run mutate -- --sample 1000 --seed 7    the same blocks again
  npm run mutate -- --half engine             one of: ${halves.map(({ name }) => name).join(', ')}
  npm run mutate -- --only src/order/money.ts a file, or lines of it: src/order/money.ts:10-40
  npm run mutate -- --runs 300                lives per law; 100 by default, which find as much sooner

The changes that survive and a table are printed; coverage/mutation.json keeps everything.
`;

interface Options {
  readonly half: Half;
  readonly only: readonly string[];
  readonly sample: number | undefined;
  readonly seed: number;
  readonly runs: number;
}

function readOptions(): Options | undefined {
  const { values } = parseArgs({
    options: {
      help: { type: 'boolean', short: 'h', default: false },
      half: { type: 'string', default: 'rules' },
      only: { type: 'string', multiple: true, default: [] },
      sample: { type: 'string' },
      seed: { type: 'string', default: `${Date.now() % 1_000_000}` },
      runs: { type: 'string', default: '100' },
    },
  });
  if (values.help) return undefined;
  return {
    half: halfNamed(values.half),
    only: values.only,
    sample: values.sample === undefined ? undefined : wholeNumber('sample', values.sample),
    seed: wholeNumber('seed', values.seed),
    runs: wholeNumber('runs', values.runs),
  };
}

function wholeNumber(name: string, text: string): number {
  const number = Number(text);
  if (Number.isSafeInteger(number) && number > 0) return number;
  throw new TypeError(`--${name} must be a whole number above zero, not "${text}".`);
}

const root = fileURLToPath(new URL('../../', import.meta.url));

/** Files and ranges of lines, as StrykerJS takes them. */
function mutatedBy({ half, only, sample, seed }: Options): readonly string[] {
  if (only.length > 0) return only;
  const patterns = half.mutated.map((folder) => `${folder}/**/*.ts`);
  if (sample === undefined) return patterns;
  process.stderr.write(`Seed ${seed}: repeat it with --sample ${sample} --seed ${seed}.\n`);
  const files = globSync(patterns, { cwd: root })
    .sort()
    .map((path) => ({
      path,
      lineCount: readFileSync(`${root}/${path}`, 'utf8').split('\n').length,
    }));
  return drawBlocks(files, sample, seed);
}

async function mutate(options: Options): Promise<void> {
  // Read by vitest.config.ts and the tests, in the processes that StrykerJS starts.
  process.env[halfVariable] = options.half.name;
  process.env['ORDERCHART_LAW_RUNS'] = `${options.runs}`;
  process.chdir(root);
  await new Stryker({ mutate: [...mutatedBy(options)] }).runMutationTest();
}

function optionsOrHelp(): Options | undefined {
  try {
    const options = readOptions();
    if (options === undefined) process.stdout.write(help);
    return options;
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : error}\n\n${help}`);
    process.exitCode = 1;
    return undefined;
  }
}

const options = optionsOrHelp();
// What goes wrong later, StrykerJS has said itself.
if (options) {
  await mutate(options).catch(() => {
    process.exitCode = 1;
  });
}
