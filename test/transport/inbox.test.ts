import { DatabaseSync } from 'node:sqlite';
import fc from 'fast-check';
import { createInbox, type InboxMessage, type InboxStore } from 'orderchart';
import { describe, expect, it } from 'vitest';

function message(id: string, key = '', sequence?: number, history?: string): InboxMessage {
  return { id, key, sequence, ...(history && { headers: { 'ce-history': history } }) };
}

/** An inbox in a host's own database, by the SQL that the docs of InboxStore give. */
function sqliteInbox(database: DatabaseSync): InboxStore {
  database.exec(`
    create table inbox (id text primary key) strict;
    create table inbox_keys (
      key text primary key, history integer not null, sequence integer not null
    ) strict;
  `);
  const addId = database.prepare('insert into inbox (id) values (?) on conflict do nothing');
  const raise = database.prepare(
    'insert into inbox_keys (key, history, sequence) values (?, ?, ?) on conflict (key) do update ' +
      'set history = excluded.history, sequence = excluded.sequence ' +
      'where (inbox_keys.history, inbox_keys.sequence) < (excluded.history, excluded.sequence)',
  );
  return {
    addId: (id) => addId.run(id).changes === 1,
    raisePlace: (key, { history, sequence }) => raise.run(key, history, sequence).changes === 1,
  };
}

describe.each([
  ['in memory', () => createInbox()],
  ['in a database', () => createInbox({ store: sqliteInbox(new DatabaseSync(':memory:')) })],
])('an inbox %s', (_, create) => {
  it('lets the effect of a message happen once', async () => {
    const inbox = create();
    const effects: string[] = [];
    const handle = (id: string) => inbox.handle(message(id), () => void effects.push(id));
    expect(await handle('1')).toBe('handled');
    expect(await handle('1')).toBe('duplicate');
    expect(await handle('2')).toBe('handled');
    expect(effects).toEqual(['1', '2']);
  });

  it('drops what a later message of its key has overtaken, and nothing of other keys', async () => {
    const inbox = create();
    const verdicts = [];
    for (const [id, key, sequence] of [
      ['a1', 'a', 1],
      ['a3', 'a', 3],
      ['a2', 'a', 2],
      ['again', 'a', 3],
      ['b1', 'b', 1],
      ['a4', 'a', 4],
    ] as const) {
      verdicts.push(await inbox.handle(message(id, key, sequence), () => undefined));
    }
    expect(verdicts).toEqual(['handled', 'handled', 'outdated', 'outdated', 'handled', 'handled']);
  });

  it('takes a lower version of a later history, and drops what the lost time still sends', async () => {
    const inbox = create();
    const verdicts = [];
    for (const [id, sequence, history] of [
      ['lost 5', 5, '1'],
      ['new 2', 2, '1767225600000'],
      ['lost 6', 6, '1'],
      ['from before there were histories', 9, undefined],
      ['new 3', 3, '1767225600000'],
      ['new 2 of another', 2, '1767225600000'],
    ] as const) {
      verdicts.push(await inbox.handle(message(id, 'a', sequence, history), () => undefined));
    }
    expect(verdicts).toEqual([
      ...['handled', 'handled', 'outdated', 'outdated', 'handled', 'outdated'],
    ]);
  });

  it.each(['', '-1', '1e3', 'new', '9007199254740993', '1'.repeat(4000)])(
    'counts a history that could be none as 0: %#',
    async (history) => {
      const inbox = create();
      await inbox.handle(message('1', 'a', 1, '1'), () => undefined);
      expect(await inbox.handle(message('2', 'a', 2, history), () => undefined)).toBe('outdated');
    },
  );

  it('takes messages without a sequence, or without a key, as they come', async () => {
    const inbox = create();
    for (const each of [
      message('1', 'a', 5),
      message('2', 'a'),
      message('3', '', 1),
      message('4', '', 1),
    ]) {
      expect(await inbox.handle(each, () => undefined)).toBe('handled');
    }
  });

  it('refuses a message without an id', async () => {
    await expect(create().handle(message(''), () => undefined)).rejects.toMatchObject({
      code: 'messageInvalid',
    });
  });
});

describe('an inbox in memory', () => {
  it('takes a message again whose effect failed', async () => {
    const inbox = createInbox();
    const failing = inbox.handle(message('1', 'a', 1), async () => {
      throw new Error('the mail server is away');
    });
    await expect(failing).rejects.toThrow('the mail server is away');
    expect(await inbox.handle(message('1', 'a', 1), () => undefined)).toBe('handled');
  });

  it('lets the same message that comes meanwhile wait for the outcome', async () => {
    const inbox = createInbox();
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const first = inbox.handle(message('1'), () => promise);
    const second = inbox.handle(message('1'), () => undefined);
    const third = inbox.handle(message('1'), () => undefined);
    reject(new Error('no'));
    await expect(first).rejects.toThrow('no');
    expect(await second).toBe('handled');
    expect(await third).toBe('duplicate');
    resolve();
  });

  it('sees every message when it is told to drop none for its sequence', async () => {
    const inbox = createInbox({ dropsOutdated: false });
    expect(await inbox.handle(message('2', 'a', 2), () => undefined)).toBe('handled');
    expect(await inbox.handle(message('1', 'a', 1), () => undefined)).toBe('handled');
    expect(await inbox.handle(message('1', 'a', 1), () => undefined)).toBe('duplicate');
  });

  it('remembers the latest ids and keys, as many as it may', async () => {
    const inbox = createInbox({ maximumIds: 2, maximumKeys: 1 });
    for (const id of ['1', '2', '3']) await inbox.handle(message(id, id, 1), () => undefined);
    expect(await inbox.handle(message('3', '3', 1), () => undefined)).toBe('duplicate');
    expect(await inbox.handle(message('x', '3', 1), () => undefined)).toBe('outdated');
    expect(await inbox.handle(message('1', '1', 1), () => undefined)).toBe('handled');
  });

  it('handles every sequence of a key at most once, and upwards, whatever comes in which order', async () => {
    const any = fc.record({
      // The history, and the version in it.
      sequence: fc.integer({ min: 1, max: 39 }),
      key: fc.constantFrom('a', 'b'),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(any), fc.scheduler(), async (messages, scheduler) => {
        const inbox = createInbox();
        const handled: Record<string, number[]> = { a: [], b: [] };
        const all = messages.map(({ sequence, key }) =>
          inbox.handle(
            message(`${key}${sequence}`, key, sequence % 10, `${Math.floor(sequence / 10)}`),
            async () => {
              await scheduler.schedule(Promise.resolve());
              handled[key]?.push(sequence);
            },
          ),
        );
        await scheduler.waitFor(Promise.all(all));
        for (const sequences of Object.values(handled)) {
          expect(sequences).toEqual([...new Set(sequences)].toSorted((one, other) => one - other));
        }
        for (const key of ['a', 'b']) {
          const sent = messages.filter((each) => each.key === key).map(({ sequence }) => sequence);
          expect(handled[key]?.at(-1) ?? 0).toBe(Math.max(0, ...sent));
        }
      }),
    );
  });
});

describe('an inbox in a database', () => {
  it('remembers and does in one transaction, or neither', async () => {
    const database = new DatabaseSync(':memory:');
    const inbox = createInbox({ store: sqliteInbox(database) });
    const inTransaction = async (effect: () => void) => {
      database.exec('begin immediate');
      try {
        const verdict = await inbox.handle(message('1', 'a', 1), effect);
        database.exec('commit');
        return verdict;
      } catch (error) {
        database.exec('rollback');
        throw error;
      }
    };
    const fail = () => {
      throw new Error('no');
    };
    await expect(inTransaction(fail)).rejects.toThrow('no');
    expect(await inTransaction(() => undefined)).toBe('handled');
    expect(await inTransaction(fail)).toBe('duplicate');
  });

  it('is told which transaction it is in', async () => {
    const seen: unknown[] = [];
    const inbox = createInbox<{ readonly name: string }>({
      store: {
        addId: async (_, transaction) => seen.push(transaction) > 0,
        raisePlace: async (_, __, transaction) => seen.push(transaction) > 0,
      },
    });
    const transaction = { name: 'mine' };
    await inbox.handle(message('1', 'a', 1), () => undefined, transaction);
    expect(seen).toEqual([transaction, transaction]);
  });
});
