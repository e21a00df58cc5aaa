import type { Connections } from './connections.ts';
import type { PostgresWarning } from './options.ts';

interface SettingRow {
  readonly name: string;
  readonly setting: string;
}

const unsafe: Readonly<Record<string, PostgresWarning>> = {
  fsync: {
    name: 'postgresFsyncOff',
    message: 'fsync is off: a power cut can destroy the whole database.',
  },
  full_page_writes: {
    name: 'postgresFullPageWritesOff',
    message: 'full_page_writes is off: a power cut can damage pages beyond repair.',
  },
  synchronous_commit: {
    name: 'postgresSynchronousCommitOff',
    message: 'synchronous_commit is off: a crash of the server loses acknowledged commands.',
  },
};

/** Tells about every setting, of the server or of our role, that weakens what is promised. */
export async function warnOfSettings(
  connections: Connections,
  warn: (warning: PostgresWarning) => void,
): Promise<void> {
  const rows = await connections.read<SettingRow>({
    text:
      'SELECT name, setting FROM pg_settings ' +
      "WHERE name IN ('fsync', 'full_page_writes', 'synchronous_commit') AND setting = 'off'",
    values: [],
  });
  for (const { name } of rows) {
    const warning = unsafe[name];
    if (warning !== undefined) warn(warning);
  }
}
