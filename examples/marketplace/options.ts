import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { unusable } from './failure.ts';

/** What the command line asks for. */
export interface Options {
  readonly help: boolean;
  /** The folder with the three files. */
  readonly data: string;
  readonly store: 'memory' | 'sqlite';
  /** The file to keep; a temporary one when left out. */
  readonly db: string | undefined;
  /** One JSON object instead of text. */
  readonly json: boolean;
}

const sampleFolder = fileURLToPath(new URL('sample', import.meta.url));

export const help = `Replays a marketplace's orders through an order engine, on a virtual clock.

  npm start                                   a small sample
  npm start -- --data DIR                     a folder with orders.csv, items.csv, payments.csv

Options
  --data DIR               where the orders are; the sample when left out
  --store memory|sqlite    where they are kept: sqlite by default
  --db FILE                keeps the SQLite file; run it again, and nothing changes
  --json                   prints one JSON object (npm start --silent -- --json)
  --help                   prints this

Exit codes: 0 all went well; 1 something could not be read or failed; 2 wrong options or no such
folder; 130 interrupted.`;

/** Reads the command line; whatever cannot be understood is told with the way out. */
export function readOptions(args: readonly string[]): Options {
  const values = parse(args);
  const { store = 'sqlite', db, data = sampleFolder } = values;
  if (store !== 'memory' && store !== 'sqlite') {
    throw unusable(`--store is memory or sqlite, not "${store}".`);
  }
  if (db !== undefined && store === 'memory') {
    throw unusable(
      '--db is the file of an SQLite store: leave out --store memory, or leave out --db.',
    );
  }
  if (db === '' || data === '') throw unusable('--data and --db need a path.');
  return { help: values.help ?? false, data, store, db, json: values.json ?? false };
}

function parse(args: readonly string[]) {
  try {
    const options = {
      data: { type: 'string' },
      store: { type: 'string' },
      db: { type: 'string' },
      json: { type: 'boolean' },
      help: { type: 'boolean', short: 'h' },
    } as const;
    return parseArgs({ args: [...args], options, strict: true, allowPositionals: false }).values;
  } catch (error) {
    const reason = (error as Error).message.replace(/\.$/, '');
    throw unusable(`${reason}. See npm start -- --help.`);
  }
}
