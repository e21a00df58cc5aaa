import { CommandQueue } from '../../src/engine/commands/queue.ts';
import { CommandTask, type TaskRequest } from '../../src/engine/commands/task.ts';
import type { ExecuteResult } from '../../src/engine/contract/results.ts';
import { Activity } from '../../src/engine/kernel/activity.ts';
import { newCounters } from '../../src/engine/kernel/stats.ts';
import { OrderchartError } from '../../src/errors.ts';

interface Wanted {
  readonly orderId?: string;
  readonly key?: string;
  readonly fingerprint?: string;
  readonly signal?: AbortSignal;
  readonly isInTransaction?: boolean;
}

export const accepted = (version = 1) =>
  ({
    status: 'accepted',
    orderId: 'a',
    version,
    events: [],
    orderStatus: {},
    replayed: false,
  }) as ExecuteResult;
export const rejected = {
  status: 'rejected',
  rejection: { code: 'x' },
  replayed: false,
} as never;
export const error = (code: 'aborted' | 'versionMismatch' | 'storeUnavailable') =>
  new OrderchartError(code, 'no');

/** A queue without a store: the test itself ends what it begins. */
export function queueing() {
  const begun: string[] = [];
  const activity = new Activity();
  const counters = newCounters();
  const test = { onBegin: (_: CommandTask): void => {} };
  const names = new Map<CommandTask, string>();
  const queue = new CommandQueue(activity, counters, (task) => {
    begun.push(names.get(task) ?? '');
    test.onBegin(task);
  });
  const outcomes = new Map<string, unknown>();
  const submit = (name: string, wanted: Wanted = {}) => {
    const { orderId = 'a', key, fingerprint = 'same', signal, isInTransaction } = wanted;
    const request = {
      tenantId: 't',
      orderId,
      work: { kind: 'command', command: { type: 'x' } },
      identity: key === undefined ? undefined : { tenantId: 't', scope: 's', key },
      fingerprint,
      signal,
      transaction: isInTransaction ? {} : undefined,
    } as unknown as TaskRequest;
    const task = new CommandTask(
      request,
      (result) => void outcomes.set(name, result),
      (failure) => void outcomes.set(name, failure.code),
    );
    names.set(task, name);
    queue.submit(task);
    return task;
  };
  return { queue, begun, activity, counters, outcomes, submit, test };
}
