import type {
  CommandRecord,
  CommitOutcome,
  OrderchartError,
  OrderEvent,
  OrderKey,
  OrderRecord,
  OrderStore,
} from 'orderchart';
import type { DecisionMaker } from '../../src/engine/commands/decision.ts';
import { CommandExecutor } from '../../src/engine/commands/executor.ts';
import { OrderLoader } from '../../src/engine/commands/loader.ts';
import type { LockWaits } from '../../src/engine/commands/lock-waits.ts';
import type { OrderNumbers } from '../../src/engine/commands/numbering.ts';
import { OrderCache } from '../../src/engine/commands/order-cache.ts';
import { CommandTask, type TaskRequest } from '../../src/engine/commands/task.ts';
import type { ExecuteResult } from '../../src/engine/contract/results.ts';
import { Activity } from '../../src/engine/kernel/activity.ts';
import { newCounters } from '../../src/engine/kernel/stats.ts';
import type { Decision, OrderState } from '../../src/rules/types.ts';

export const now = 5000;

/** An order as it is stored. */
export const recordAt = (version: number) =>
  ({
    tenantId: 't',
    orderId: 'a',
    version,
    revision: `revision-${version}`,
    order: {},
  }) as unknown as OrderRecord;

const state = { order: {}, status: {}, deadlines: [] } as unknown as OrderState;

/** A decision by which so much has happened. */
export const changedBy = (eventCount: number): Decision => ({
  status: 'accepted',
  changed: true,
  events: Array.from({ length: eventCount }, () => ({ type: 'x', data: {} })) as never,
  state,
});
export const unchanged: Decision = { status: 'accepted', changed: false, events: [], state };
export const refusedBy = (code: string): Decision => ({
  status: 'rejected',
  rejection: { code, message: 'no' } as never,
});

export const placing = { kind: 'command', command: { type: 'order.place', orderId: 'a' } };
export const noting = { kind: 'command', command: { type: 'order.annotate', orderId: 'a' } };
export const firing = { kind: 'deadline', deadline: { name: 'a.b', dueAt: 1 } };
export const identity = { tenantId: 't', scope: 's', key: 'k' };

/** The answer that the command was given before, and how it is given again. */
export const stored = {
  ...identity,
  orderId: 'a',
  fingerprint: 'print',
  outcome: { status: 'rejected', orderId: 'a', rejection: { code: 'old', message: 'no' } },
  recordedAt: 1,
} as unknown as CommandRecord;
export const replayed = { status: 'rejected', rejection: { code: 'old' }, replayed: true };

/** The executor on rules and a store that do what the test says. */
export function executing(numbers?: OrderNumbers) {
  /** What was asked, in order. */
  const asked: string[] = [];
  const commits: unknown[] = [];
  const told: { recorded: unknown[]; within: unknown[]; batches: number } = {
    recorded: [],
    within: [],
    batches: 0,
  };
  const test = {
    now: (): number => now,
    decide: (_: OrderRecord | undefined): Decision => changedBy(1),
    /** Hears of what is decided. */
    seen: (_: TaskRequest): void => {},
    load: async (): Promise<OrderRecord | undefined> => recordAt(1),
    commit: async (): Promise<CommitOutcome> => ({ status: 'committed' }),
    findCommands: async (): Promise<readonly (CommandRecord | undefined)[]> => [undefined],
    wait: (_: () => void): boolean => false,
  };
  const calls = (prefix: string) => ({
    load: async (keys: readonly OrderKey[]) => {
      asked.push(`${prefix}load`);
      return Promise.all(keys.map(() => test.load()));
    },
    commit: async (each: readonly object[]) => {
      asked.push(`${prefix}commit`);
      commits.push(...each);
      return Promise.all(each.map(() => test.commit()));
    },
    findCommands: async () => {
      asked.push(`${prefix}findCommands`);
      return test.findCommands();
    },
    history: async () => {
      asked.push(`${prefix}history`);
      return [];
    },
  });
  const features = { durable: false, shared: false, partitions: 1, transactions: true };
  const store = { name: 'test', features, ...calls('') } as unknown as OrderStore;
  let ids = 0;
  const decisions = {
    chart: 'chart',
    newId: (time: number) => {
      ids += 1;
      return `id-${ids}-of-${time}`;
    },
    clockNow: () => test.now(),
    decide: (request: TaskRequest, record: OrderRecord | undefined) => {
      test.seen(request);
      asked.push(`decide on ${record?.version}`);
      return test.decide(record);
    },
  } as unknown as DecisionMaker;
  const counters = newCounters();
  const activity = new Activity();
  const cache = new OrderCache(10, 1_000_000);
  const executor = new CommandExecutor({
    ...{ store, decisions, cache, activity, counters, numbers },
    loader: new OrderLoader(store, () => {}),
    lockWaits: { wait: (_: CommandTask, again: () => void) => test.wait(again) } as LockWaits,
    batchSize: 10,
    batchBytes: 1_000_000,
    maximumAttempts: 3,
    onWrittenWithin: (record) => void told.within.push(record),
    onRecorded: (record, events: readonly OrderEvent[]) =>
      void told.recorded.push([record, events]),
    onBatch: () => {
      told.batches += 1;
    },
  });
  const submit = (work: object, fields: object = {}) => {
    const request = { tenantId: 't', orderId: 'a', work, fingerprint: 'print', origin: {} };
    const all = { ...request, ...fields } as unknown as TaskRequest;
    const ended = Promise.withResolvers<ExecuteResult | OrderchartError>();
    const task = new CommandTask(all, ended.resolve, ended.resolve);
    executor.queue.submit(task);
    return { task, ended: ended.promise };
  };
  const run = (work: object, fields?: object) => submit(work, fields).ended;
  const transaction = calls('within ');
  return {
    ...{ executor, asked, commits, told, test, counters, activity, cache, submit, run },
    transaction,
  };
}
