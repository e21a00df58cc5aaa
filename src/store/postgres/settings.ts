import { OrderchartError } from '../../errors.ts';
import { equals } from './builtins.ts';
import { asTexts, texts } from './columns.ts';
import type { Connections } from './connections.ts';
import type { PostgresWarning } from './options.ts';

interface SettingRow {
  readonly name: string;
  readonly setting: string;
}

const unsafe: Readonly<Record<string, PostgresWarning>> = {
  fsync: {
    name: 'postgresFsyncOff',
    message: 'fsync is off: a power failure can destroy the whole database.',
  },
  full_page_writes: {
    name: 'postgresFullPageWritesOff',
    message: 'full_page_writes is off: a power failure can damage pages beyond repair.',
  },
  synchronous_commit: {
    name: 'postgresSynchronousCommitOff',
    message: 'synchronous_commit is off: a crash of the server loses acknowledged commands.',
  },
  autovacuum: {
    name: 'postgresAutovacuumOff',
    message:
      'autovacuum is off: the space of replaced rows is never reused, and the planner does not notice ' +
      'growth. Every command replaces a row.',
  },
};

/** Calls `warn` for each setting of the server or the role that weakens a guarantee. */
export async function warnOfSettings(
  connections: Connections,
  warn: (warning: PostgresWarning) => void,
): Promise<void> {
  const rows = await connections.read<SettingRow>({
    text:
      'SELECT name, setting FROM pg_catalog.pg_settings ' +
      `WHERE name ${equals} ANY (${asTexts('$1')}) AND setting ${equals} 'off'`,
    values: [texts(Object.keys(unsafe))],
  });
  for (const { name } of rows) {
    const warning = unsafe[name];
    if (warning !== undefined) warn(warning);
  }
}

/** Throws for an encoding that cannot represent every text, because some later order would fail. */
export async function checkEncoding(connections: Connections): Promise<void> {
  const text = "SELECT pg_catalog.current_setting('server_encoding') AS encoding";
  const [row] = await connections.read<{ readonly encoding: string }>({ text, values: [] });
  const encoding = row?.encoding;
  if (encoding === 'UTF8') return;
  throw new OrderchartError(
    'invalidArgument',
    `The database has the encoding ${encoding}, which cannot represent every text. Use one that was ` +
      "created with ENCODING 'UTF8'.",
    { details: { encoding } },
  );
}
