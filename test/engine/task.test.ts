import { expect, it } from 'vitest';
import { CommandTask, type TaskRequest } from '../../src/engine/commands/task.ts';
import { identityKey, laneKey } from '../../src/engine/kernel/keys.ts';
import { OrderchartError } from '../../src/errors.ts';

// What a task is before anything has happened to it.

const identity = { tenantId: 't', scope: 's', key: 'k' };

function taskOf(fields: object = {}) {
  const work = { kind: 'command', command: { type: 'x' } };
  const request = { tenantId: 't', orderId: 'order-1', work, ...fields } as unknown as TaskRequest;
  const told: unknown[] = [];
  const tell = (what: unknown) => void told.push(what);
  const task = new CommandTask(
    request,
    (result) => tell(['resolved', result]),
    (error) => tell(['rejected', error]),
  );
  return { task, request, told };
}

it('a new task waits in the lane of its order, and nothing has happened to it', () => {
  const { task, request } = taskOf();
  expect(task).toMatchObject({
    ...{ request, lane: laneKey('t', 'order-1'), stage: 'waiting', attempts: 0, decidedBytes: 0 },
    ...{ isBlocked: false, isOvertaking: false, isSuspended: false, isFresh: false },
    ...{ lockedSinceMs: undefined, lockedTimes: 0 },
  });
});

it('a task counts the bytes of its command, and none for a deadline', () => {
  expect(taskOf().task.bytes).toBe('{"type":"x"}'.length);
  const deadline = { name: 'a.b', dueAt: 1 };
  expect(taskOf({ work: { kind: 'deadline', deadline } }).task.bytes).toBe(0);
  const both = { kind: 'deadline', deadline, command: { type: 'x' } };
  expect(taskOf({ work: both }).task.bytes).toBe(0);
});

it('a task has a name by its identity, unless its result may be rolled back', () => {
  expect(taskOf().task).toMatchObject({ identityName: undefined, isIdentified: false });
  expect(taskOf({ identity }).task).toMatchObject({
    ...{ identityName: identityKey('t', 's', 'k'), isIdentified: true },
  });
  expect(taskOf({ identity, transaction: {} }).task).toMatchObject({
    ...{ identityName: undefined, isIdentified: true },
  });
});

it('a task tells its caller the result or the error', () => {
  const { task, told } = taskOf();
  const error = new OrderchartError('storeUnavailable', 'away');
  task.resolve({ status: 'accepted' } as never);
  task.reject(error);
  expect(told).toEqual([
    ['resolved', { status: 'accepted' }],
    ['rejected', error],
  ]);
});
