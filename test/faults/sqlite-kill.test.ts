import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, it } from 'vitest';
import { createSqliteStore } from '../../src/store/sqlite/index.ts';
import type { OrderStore } from '../../src/store/store.ts';
import { commitOf, upTo, wholeFeed } from '../../src/testing/conformance/given.ts';
import { temporaryFolder } from '../store/temporary-folder.ts';

// Promise 1 on SQLite: processes are killed (SIGKILL) while they write; what they said outside was
// acknowledged is there afterwards, and nothing is half there.

const seed = Number(process.env['ORDERCHART_SEED'] ?? Date.now() % 1_000_000);
const rounds = process.env['ORDERCHART_SOAK'] === undefined ? 6 : 200;
const writer = fileURLToPath(new URL('./sqlite-writer.ts', import.meta.url));
const folder = temporaryFolder();

/** A file takes twenty rounds, each after the others' crashes; then it has grown enough. */
const pathOf = (round: number): string => join(folder.path, `${Math.floor(round / 20)}.db`);

afterAll(folder.remove);

interface Acknowledged {
  readonly key: string;
  readonly orderId: string;
  readonly version: number;
}

/** Lets a writer write until it has acknowledged `count` commits, and kills it. */
async function writeAndKill(name: string, round: number, count: number): Promise<Acknowledged[]> {
  const child = spawn(
    process.execPath,
    ['--no-warnings', writer, pathOf(round), name, `${seed + round}`],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  const lines: string[] = [];
  let rest = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    const parts = (rest + text).split('\n');
    rest = parts.pop() ?? '';
    lines.push(...parts);
    if (lines.length >= count) child.kill('SIGKILL');
  });
  const [, signal] = await once(child, 'close');
  expect(signal).toBe('SIGKILL');
  return lines.map((line) => {
    const [key = '', orderId = '', version = ''] = line.split(' ');
    return { key, orderId, version: Number(version) };
  });
}

/** What must hold of a store, whenever its writers died. */
async function checkWhole(store: OrderStore): Promise<void> {
  const { tenantId } = commitOf();
  const entries = await wholeFeed(store);
  expect(entries.map((entry) => entry.position)).toEqual(upTo(entries.length));
  expect(await store.feedEnd(0)).toBe(entries.length);
  const events = Map.groupBy(entries, ({ event }) => event.orderId);
  for (const [orderId, own] of events) {
    const versions = own.map(({ event }) => event.version);
    expect(versions).toEqual(upTo(own.length));
    const [record] = await store.load([{ tenantId, orderId }]);
    expect(record?.version).toBe(own.length);
    expect(record?.order['version']).toBe(own.length);
    expect(record?.status).toEqual(own.at(-1)?.event.status);
    expect(await store.history({ tenantId, orderId }, 0, 10_000)).toEqual(
      own.map(({ event }) => event),
    );
  }
  // Every event's command is stored: neither is there without the other.
  const keys = [...new Set(entries.map(({ event }) => event.causationId ?? ''))];
  const commands = await store.findCommands(
    keys.map((key) => ({ tenantId, scope: 'requests', key })),
  );
  expect(commands.filter((command) => command === undefined)).toEqual([]);
}

it(`what was acknowledged survives kill -9, whole (seed ${seed}, ${rounds} rounds)`, {
  timeout: 3_600_000,
}, async () => {
  let acknowledged = 0;
  for (const round of upTo(rounds)) {
    const counts = [30 + ((seed + round * 37) % 170), 30 + ((seed + round * 71) % 170)];
    // Two processes at once; the one is killed while the other goes on.
    const logs = await Promise.all(
      counts.map((count, index) => writeAndKill(`writer-${index}`, round, count)),
    );
    const store = createSqliteStore({ path: pathOf(round) });
    await store.open();
    await checkWhole(store);
    for (const { key, orderId, version } of logs.flat()) {
      const { tenantId } = commitOf();
      const [command] = await store.findCommands([{ tenantId, scope: 'requests', key }]);
      expect(command?.orderId, `command ${key}`).toBe(orderId);
      const [event] = await store.history({ tenantId, orderId }, version - 1, 1);
      expect(event?.causationId).toBe(key);
    }
    acknowledged += logs.flat().length;
    await store.close();
  }
  expect(acknowledged).toBeGreaterThan(rounds * 60);
});
