import type { OrderRecord } from 'orderchart';
import { describe, expect, it } from 'vitest';
import {
  acceptedResult,
  commitFor,
  nextRecord,
  recordedEvents,
  stateOf,
} from '../../src/engine/commands/recording.ts';
import { CommandTask, type TaskRequest } from '../../src/engine/commands/task.ts';
import type { DecidedEvent, OrderState } from '../../src/rules/types.ts';

// What is written of a decision, member by member.

const now = 5000;
const origin = {
  actor: { kind: 'user', id: 'u' },
  correlationId: 'c',
  causationId: 'd',
  trace: { traceparent: 'a', tracestate: null },
};

function requestOf(fields: object = {}): TaskRequest {
  return {
    tenantId: 't',
    orderId: 'order-1',
    work: { kind: 'command', command: { type: 'x' } },
    fingerprint: 'print',
    origin,
    ...fields,
  } as unknown as TaskRequest;
}

const taskOf = (fields: object = {}) =>
  new CommandTask(
    requestOf(fields),
    () => {},
    () => {},
  );

const state = {
  status: { lifecycle: 'pending' },
  deadlines: [{ name: 'a.b', dueAt: 9000 }],
  order: { number: 'SO-1', customerId: 'customer-1', placedAt: 1000, archivedAt: 2000 },
} as unknown as OrderState;

describe('the events of a decision', () => {
  it('are numbered behind the version, and say where they come from', () => {
    const times: number[] = [];
    const stamp = {
      chart: 'chart/1',
      newId: (time: number) => {
        times.push(time);
        return `event-${times.length}`;
      },
    };
    const decided = [1, 2].map((index) => ({
      type: `order.kind${index}`,
      schemaVersion: index,
      data: { index },
      status: { lifecycle: `status-${index}` },
      occurredAt: 4000 + index,
    })) as unknown as readonly DecidedEvent[];
    const events = recordedEvents(requestOf(), 7, decided, stamp, now);
    expect(events).toEqual(
      [1, 2].map((index) => ({
        id: `event-${index}`,
        type: `order.kind${index}`,
        schemaVersion: index,
        tenantId: 't',
        orderId: 'order-1',
        version: 7 + index,
        data: { index },
        status: { lifecycle: `status-${index}` },
        chart: 'chart/1',
        occurredAt: 4000 + index,
        recordedAt: now,
        ...origin,
      })),
    );
    expect(times).toEqual([now, now]);
    expect(events.every((event) => Object.isFrozen(event) && Object.isFrozen(event.data))).toBe(
      true,
    );
  });
});

describe('the record of an order', () => {
  it('has what the store looks it up by, beside the order', () => {
    const record = nextRecord(requestOf(), { version: 8, revision: 'event-1' }, state, now);
    expect(record).toEqual({
      tenantId: 't',
      orderId: 'order-1',
      number: 'SO-1',
      customerId: 'customer-1',
      version: 8,
      revision: 'event-1',
      status: state.status,
      deadlines: state.deadlines,
      placedAt: 1000,
      updatedAt: now,
      archivedAt: 2000,
      order: state.order,
    });
    expect(Object.isFrozen(record.deadlines)).toBe(true);
  });

  it('is the state that the rules go on from', () => {
    const record = {} as unknown as OrderRecord;
    expect(stateOf(record)).toBe(record);
  });
});

describe('a commit', () => {
  const basis = { version: 7, revision: 'event-0', now };
  const result = acceptedResult('order-1', 8, [], state);

  it('holds against what was decided on, and has the answer of a command with a key', () => {
    const identity = { tenantId: 't', scope: 's', key: 'k' };
    const change = { record: undefined, events: [] };
    const commit = commitFor(taskOf({ identity }), basis, change, result);
    expect(commit).toEqual({
      tenantId: 't',
      orderId: 'order-1',
      expectedVersion: 7,
      expectedRevision: 'event-0',
      record: undefined,
      events: [],
      command: {
        ...identity,
        orderId: 'order-1',
        fingerprint: 'print',
        outcome: expect.objectContaining({ status: 'accepted' }),
        recordedAt: now,
      },
    });
  });

  it('has the change, and no answer of a command without a key or with one that is used up', () => {
    const record = nextRecord(requestOf(), { version: 8, revision: 'event-1' }, state, now);
    const change = { record, events: [] };
    const plain = commitFor(taskOf(), basis, change, result);
    expect(plain.record).toBe(record);
    expect(plain.command).toBeUndefined();
    const spent = taskOf({ identity: { tenantId: 't', scope: 's', key: 'k' } });
    spent.isIdentified = false;
    expect(commitFor(spent, basis, change, result).command).toBeUndefined();
  });

  it('is answered with what the order is then', () => {
    expect(result).toEqual({
      status: 'accepted',
      orderId: 'order-1',
      version: 8,
      events: [],
      orderStatus: state.status,
      replayed: false,
    });
  });
});

describe('a task', () => {
  const identity = { tenantId: 't', scope: 's', key: 'k' };

  it('waits, was not tried, and is known by its key where it has one', () => {
    expect(taskOf()).toMatchObject({
      stage: 'waiting',
      isBlocked: false,
      isOvertaking: false,
      isSuspended: false,
      isIdentified: false,
      isFresh: false,
      attempts: 0,
      lockedTimes: 0,
      decidedBytes: 0,
      identityName: undefined,
    });
    const [keyed, other] = [taskOf({ identity }), taskOf({ identity: { ...identity, key: 'l' } })];
    expect(keyed.isIdentified).toBe(true);
    expect(keyed.identityName).toEqual(expect.any(String));
    expect(keyed.identityName).not.toBe(other.identityName);
    expect(keyed.lane).toBe(other.lane);
    expect(taskOf({ orderId: 'order-2' }).lane).not.toBe(keyed.lane);
  });

  it('in a transaction has its key, but shares its answer with nobody', () => {
    const within = taskOf({ identity, transaction: {} });
    expect(within.isIdentified).toBe(true);
    expect(within.identityName).toBeUndefined();
  });

  it('is as long as the JSON of its command; a deadline has none', () => {
    expect(taskOf().bytes).toBe('{"type":"x"}'.length);
    const deadline = { name: 'a.b', dueAt: 1 };
    expect(taskOf({ work: { kind: 'deadline', deadline } }).bytes).toBe(0);
  });
});
