import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { unusable } from './failure.ts';

const storeNames = ['memory', 'sqlite', 'postgres'] as const;
export type StoreName = (typeof storeNames)[number];

/** The options of the command line. */
export interface Options {
  readonly help: boolean;
  /** The folder with the three files. */
  readonly data: string;
  readonly store: StoreName;
  /** The SQLite file to keep; a temporary one by default. */
  readonly db: string | undefined;
  /** The URL of the PostgreSQL database. */
  readonly url: string | undefined;
  /** The PostgreSQL schema to keep; a temporary one by default. */
  readonly schema: string | undefined;
  /** Print one JSON object instead of text. */
  readonly json: boolean;
}

const sampleFolder = fileURLToPath(new URL('sample', import.meta.url));

export const help = `Replays a marketplace's orders through an order engine, on a virtual clock.

  npm start                                   a small sample
  npm start -- --data DIR                     a folder with orders.csv, items.csv, payments.csv

Options
  --data DIR               the folder to read; the sample by default
  --store NAME             the store: sqlite (by default), memory or postgres
  --db FILE                keeps the SQLite file; a second run on it changes nothing
  --url postgres://...     the database of --store postgres
  --schema NAME            keeps the tables in this schema; a second run on it changes nothing
  --json                   prints one JSON object (npm start --silent -- --json)
  --help                   prints this

Exit codes: 0 success; 1 something could not be read, or failed; 2 invalid options or a missing
folder; 130 interrupted.`;

/** Reads the command line. Throws a `Failure` that says how to fix invalid options. */
export function readOptions(args: readonly string[]): Options {
  const values = parse(args);
  const { data = sampleFolder, db, url, schema, help = false, json = false } = values;
  const store = storeNameOf(values.store ?? 'sqlite');
  checkPlace(store, values);
  if ([db, url, schema, data].includes('')) {
    throw unusable('--data, --db, --url and --schema need a value.');
  }
  return { help, data, store, db, url, schema, json };
}

function storeNameOf(text: string): StoreName {
  const name = storeNames.find((one) => one === text);
  if (name === undefined) {
    throw unusable(`--store must be memory, sqlite or postgres, not "${text}".`);
  }
  return name;
}

/** Refuses options that the store does not have. */
function checkPlace(store: StoreName, { db, url, schema }: ReturnType<typeof parse>): void {
  if (db !== undefined && store !== 'sqlite') {
    throw unusable(
      `--db is the file of the SQLite store: leave out --store ${store}, or leave out --db.`,
    );
  }
  if (store === 'postgres' && url === undefined) {
    throw unusable('--store postgres needs --url postgres://user@host:5432/database.');
  }
  if (store !== 'postgres' && (url ?? schema) !== undefined) {
    throw unusable('--url and --schema are for --store postgres.');
  }
}

function parse(args: readonly string[]) {
  try {
    const options = {
      data: { type: 'string' },
      store: { type: 'string' },
      db: { type: 'string' },
      url: { type: 'string' },
      schema: { type: 'string' },
      json: { type: 'boolean' },
      help: { type: 'boolean', short: 'h' },
    } as const;
    return parseArgs({ args: [...args], options, strict: true, allowPositionals: false }).values;
  } catch (error) {
    const reason = (error as Error).message.replace(/\.$/, '');
    throw unusable(`${reason}. See npm start -- --help.`);
  }
}
