import type { OrderStore, TransactionStore } from 'orderchart';
import { describe, expect, it } from 'vitest';
import { Transactions } from '../../src/engine/commands/transactions.ts';
import { gate, turns } from './turns.ts';

// A transaction is one connection: its calls take turns.

function transacting() {
  const calls: [method: string, ...args: unknown[]][] = [];
  const opened: unknown[] = [];
  const test = { during: async (): Promise<void> => {} };
  const call =
    (method: string) =>
    async (...args: unknown[]): Promise<unknown> => {
      calls.push([method, ...args]);
      await test.during();
      return [method];
    };
  const store = {
    name: 'test',
    within: (transaction: object) => {
      opened.push(transaction);
      return {
        load: call('load'),
        findCommands: call('findCommands'),
        commit: call('commit'),
        history: call('history'),
      };
    },
  } as unknown as OrderStore;
  return { calls, opened, test, transactions: new Transactions(store) };
}

/** Each kind of call, with arguments of its own. */
function callAll(store: TransactionStore): readonly Promise<unknown>[] {
  const key = { tenantId: 't', orderId: 'a' };
  return [
    store.load([key]),
    store.findCommands([{ tenantId: 't', scope: 's', key: 'k' }]),
    store.commit([]),
    store.history(key, 3, 4),
  ];
}

describe('the calls of a transaction', () => {
  it('reach the store one after the other, as they are, and get its answers', async () => {
    const { calls, test, transactions } = transacting();
    const holds = Array.from({ length: 4 }, () => gate());
    test.during = () => holds[calls.length - 1]?.opened ?? Promise.resolve();
    const answers = callAll(transactions.of({}));
    for (const [index, hold] of holds.entries()) {
      await turns(2);
      expect(calls).toHaveLength(index + 1);
      hold.open();
    }
    expect(await Promise.all(answers)).toEqual([
      ['load'],
      ['findCommands'],
      ['commit'],
      ['history'],
    ]);
    const key = { tenantId: 't', orderId: 'a' };
    expect(calls).toEqual([
      ['load', [key]],
      ['findCommands', [{ tenantId: 't', scope: 's', key: 'k' }]],
      ['commit', []],
      ['history', key, 3, 4],
    ]);
  });

  it('go on after one that failed', async () => {
    const { calls, test, transactions } = transacting();
    test.during = async () => {
      if (calls.length === 1) throw new Error('no');
    };
    const results = await Promise.allSettled(callAll(transactions.of({})));
    expect(results.map(({ status }) => status)).toEqual([
      'rejected',
      'fulfilled',
      'fulfilled',
      'fulfilled',
    ]);
  });

  it('take turns also when several commands name the same client, which is opened once', () => {
    const { opened, transactions } = transacting();
    const [client, other] = [{}, {}];
    expect(transactions.of(client)).toBe(transactions.of(client));
    expect(transactions.of(other)).not.toBe(transactions.of(client));
    expect(opened).toEqual([client, other]);
    expect(opened[0]).toBe(client);
  });
});

describe('a transaction that cannot be', () => {
  it.each([[undefined], [null], ['BEGIN'], [7]])('is refused when it is %s', (transaction) => {
    const { opened, transactions } = transacting();
    expect(() => transactions.of(transaction)).toThrow(
      expect.objectContaining({
        code: 'invalidArgument',
        message:
          'The context.transaction must be the database client on which the transaction was started.',
      }),
    );
    expect(opened).toEqual([]);
  });

  it('is refused by the name of a store that has none', () => {
    const transactions = new Transactions({ name: 'plain' } as unknown as OrderStore);
    expect(() => transactions.of({})).toThrow(
      expect.objectContaining({
        code: 'invalidArgument',
        message:
          "The store 'plain' cannot execute commands in a host transaction; leave out context.transaction.",
        details: { store: 'plain' },
      }),
    );
  });
});
