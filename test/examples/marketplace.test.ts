import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createOrderEngine, type OrderEngine, type OrderEvent } from 'orderchart';
import { createSqliteStore } from 'orderchart/sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { outcomeOf, run, runJson, sample } from './marketplace-run.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'orderchart-test-'));
});
afterEach(() => rm(folder, { recursive: true }));

async function eventsOf(engine: OrderEngine, orderId: string): Promise<OrderEvent[]> {
  const events: OrderEvent[] = [];
  for await (const event of engine.history(orderId)) events.push(event);
  return events;
}

describe('the sample', () => {
  it('ends as its orders say', async () => {
    const summary = await runJson('--store', 'memory');
    expect(summary).toMatchObject({
      orders: 30,
      commands: 104,
      accepted: 103,
      rejected: 1,
      duplicates: 0,
      status: {
        lifecycle: { completed: 17, confirmed: 6, cancelled: 5, pending: 1, expired: 1 },
        payment: { paid: 26, unpaid: 3, notRequired: 1 },
        refund: { none: 26, full: 4 },
        fulfillment: { delivered: 18, notRequired: 6, unfulfilled: 3, shipped: 3 },
      },
      money: { captured: { BRL: 315_682 }, refunded: { BRL: 43_809 } },
      discrepancies: { opened: 5, converged: 4, open: 1 },
      lawsChecked: 240,
      lawsBroken: 0,
    });
  });

  it('changes nothing when it is run again on the same file', async () => {
    const db = join(folder, 'orders.db');
    const first = await runJson('--db', db);
    const second = await runJson('--db', db);
    expect(outcomeOf(second)).toEqual(outcomeOf(first));
    expect(second).toMatchObject({
      events: 0,
      accepted: 0,
      rejected: 0,
      duplicates: first.commands,
      commands: first.commands,
      discrepancies: { opened: 0, converged: 0 },
    });
  });

  it.each(['22 of', '64 of', '96 of'])(
    'goes on where it was interrupted (after %s 104)',
    async (interruptAt) => {
      const db = join(folder, 'orders.db');
      const interrupted = await run(['--db', db], { interruptAt });
      expect(interrupted.exitCode).toBe(130);
      expect(interrupted.stderr).toContain(`Everything so far is in ${db}`);
      const resumed = await runJson('--db', db);
      expect(resumed.duplicates).toBeGreaterThan(0);
      expect(resumed.accepted).toBeGreaterThan(0);
      expect(outcomeOf(resumed)).toEqual(outcomeOf(await runJson('--store', 'memory')));
    },
  );

  it('refuses a file that was made from other orders', async () => {
    const db = join(folder, 'orders.db');
    await runJson('--db', db);
    await cp(sample, folder, { recursive: true });
    const payments = await readFile(join(folder, 'payments.csv'), 'utf8');
    await writeFile(join(folder, 'payments.csv'), payments.replace('35.95', '36.95'));
    const { exitCode, stderr } = await run(['--db', db, '--data', folder, '--json']);
    expect(exitCode).toBe(1);
    expect(stderr).toContain('tea-1004/placed is already in the store with different content');
  });
});

describe('the virtual clock', () => {
  it('is right for what is placed, fires deadlines to the minute, and repeats early reports', async () => {
    const db = join(folder, 'orders.db');
    await runJson('--db', db);
    await using engine = await createOrderEngine({ store: createSqliteStore({ path: db }) });
    const timesOf = async (orderId: string, type: string) =>
      (await eventsOf(engine, orderId))
        .filter((event) => event.type === type)
        .map(({ occurredAt, recordedAt }) =>
          [occurredAt, recordedAt].map((at) => new Date(at).toISOString().slice(0, 16)),
        );
    const placed = '2018-01-15T10:10';
    expect(await timesOf('tea-1007', 'order.placed')).toEqual([[placed, placed]]);
    expect(await timesOf('tea-1007', 'shipment.dispatched')).toEqual([
      ['2018-01-11T08:00', placed],
    ]);
    const cancelled = '2018-01-18T07:50';
    expect(await timesOf('tea-1009', 'order.cancellation_requested')).toEqual([
      [cancelled, cancelled],
    ]);
    expect(await timesOf('tea-1009', 'payment.refunded')).toEqual(
      Array(2).fill([cancelled, cancelled]),
    );
    const expired = '2018-03-11T22:40';
    expect(await timesOf('tea-1013', 'order.expired')).toEqual([[expired, expired]]);
  });
});

describe('what it prints', () => {
  it('is one object with --json, and nothing else', async () => {
    const { stdout, stderr } = await run(['--json', '--store', 'memory']);
    expect(stdout.trimEnd().split('\n')).toHaveLength(1);
    expect(stderr).toBe('');
    const summary = JSON.parse(stdout);
    expect(Object.keys(summary)).toEqual([
      'orders',
      'commands',
      'events',
      'accepted',
      'rejected',
      'duplicates',
      'status',
      'money',
      'discrepancies',
      'lawsChecked',
      'lawsBroken',
      'seconds',
      'commandsPerSecond',
      'store',
    ]);
    expect(Object.keys(summary.status)).toEqual([
      'lifecycle',
      'hold',
      'payment',
      'refund',
      'fulfillment',
      'returns',
      'amendment',
      'dispute',
    ]);
  });

  it('is plain lines, the life of one order and the summary as text', async () => {
    const { exitCode, stdout } = await run(['--store', 'memory']);
    expect(exitCode).toBe(0);
    expect(stdout).not.toContain('\x1b');
    expect(stdout).toMatch(/^12 of 104 commands, 2018-01-09$/m);
    expect(stdout).toContain('The life of one order: tea-1004, customer davi');
    expect(stdout).toMatch(/2018-01-09 17:10 +● shipment.dispatched +1 unit$/m);
    expect(stdout).toMatch(/! discrepancy.detected +law F1: handed over before it was paid$/m);
    expect(stdout).toMatch(/lifecycle confirmed → completed$/m);
    expect(stdout).toMatch(/accepted +103 +3 reports came before the order: sent again after it$/m);
    expect(stdout).toMatch(/rejected +1 +order.cancel: guardRefused \(someUnitOpen\)$/m);
    expect(stdout).toMatch(/captured +3,156.82 BRL$/m);
  });

  it('is a bar that redraws itself on a terminal', async () => {
    const { stdout } = await run(['--store', 'memory'], { isTTY: true });
    expect(stdout).toContain('\r\x1b[2K████');
    expect(stdout).not.toContain('commands, 2018');
  });

  it('keeps the progress off the standard output with --json', async () => {
    const { stdout, stderr } = await run(['--store', 'memory', '--json'], { isTTY: true });
    expect(() => JSON.parse(stdout)).not.toThrow();
    expect(stderr).toContain('of 104 commands');
  });

  it('names every option with --help', async () => {
    const { exitCode, stdout } = await run(['--help']);
    expect(exitCode).toBe(0);
    for (const option of ['--data', '--store', '--db', '--url', '--schema', '--json'])
      expect(stdout).toContain(option);
  });
});
