import type { OrderRecord } from 'orderchart';
import { describe, expect, it } from 'vitest';
import { DecisionMaker } from '../../src/engine/commands/decision.ts';
import { LockWaits } from '../../src/engine/commands/lock-waits.ts';
import { numbered, wantsNumber } from '../../src/engine/commands/numbering.ts';
import { CommandTask, type TaskRequest } from '../../src/engine/commands/task.ts';
import { OrderchartError } from '../../src/errors.ts';
import type { DecisionEnvironment, OrderRules, ParsedCommand } from '../../src/rules/types.ts';
import { createMovableClock } from '../../src/testing/clock.ts';
import { createSeededIds } from '../../src/testing/ids.ts';

function requestOf(work: object): TaskRequest {
  return { tenantId: 't', orderId: 'order-1', work, fingerprint: '' } as unknown as TaskRequest;
}

const command = (fields: object) => requestOf({ kind: 'command', command: fields });
const deadline = requestOf({ kind: 'deadline', deadline: { name: 'a.b', dueAt: 1 } });

describe('a decision', () => {
  function deciding() {
    const seen: { state: unknown; environment: DecisionEnvironment; id: string }[] = [];
    const note = (state: unknown, _: unknown, environment: DecisionEnvironment) => {
      seen.push({ state, environment: { ...environment }, id: environment.newId() });
      return { status: 'accepted', changed: false, events: [], state };
    };
    const explain = (state: unknown, environment: DecisionEnvironment, command: unknown) => {
      note(state, undefined, environment);
      return [command];
    };
    const rules = { chart: 'a/1', decide: note, fire: note, explain } as unknown as OrderRules;
    const ids = createSeededIds(7);
    const times: number[] = [];
    const noting = {
      newId: (now: number) => {
        times.push(now);
        return ids.newId(now);
      },
    };
    const decisions = new DecisionMaker(rules, createMovableClock(50), noting);
    return { decisions, seen, times };
  }

  it('is made on the order, and knows the time and whose it is', () => {
    const { decisions, seen, times } = deciding();
    const record = { tenantId: 't', orderId: 'order-1' } as unknown as OrderRecord;
    decisions.decide(command({ type: 'order.annotate' }), undefined, 1000);
    decisions.decide(deadline, record, 2000);
    expect(seen.map(({ state }) => state)).toEqual([undefined, record]);
    expect(seen[0]?.environment).toMatchObject({ tenantId: 't', orderId: 'order-1', now: 1000 });
    expect(seen[1]?.environment).toMatchObject({ now: 2000 });
    expect(times).toEqual([1000, 2000]);
    for (const { id } of seen) expect(id).toMatch(/^[0-9a-f-]{36}$/);
    expect(decisions.clockNow()).toBe(50);
  });

  it('is explained on the order as well, at the time of the clock', () => {
    const { decisions, seen, times } = deciding();
    const record = { tenantId: 't', orderId: 'order-1' } as unknown as OrderRecord;
    const asked = { type: 'order.cancel' } as unknown as ParsedCommand;
    expect(decisions.explain(record, asked)).toEqual([asked]);
    expect(decisions.explain(record, undefined)).toEqual([undefined]);
    expect(seen[0]?.state).toBe(record);
    expect(seen[0]?.environment).toMatchObject({ tenantId: 't', orderId: 'order-1', now: 50 });
    expect(times).toEqual([50, 50]);
  });

  it('knows its chart, and makes the ids that its events get', () => {
    const { decisions, times } = deciding();
    expect(decisions.chart).toBe('a/1');
    expect(decisions.newId(70)).toMatch(/^[0-9a-f-]{36}$/);
    expect(times).toEqual([70]);
  });

  it('about a deadline whose order is gone is that the order is not there', () => {
    const { decisions, seen } = deciding();
    expect(decisions.decide(deadline, undefined, 1000)).toEqual({
      status: 'rejected',
      rejection: {
        code: 'orderNotFound',
        message: 'There is no order order-1 any more, so its deadline is void.',
      },
    });
    expect(seen).toEqual([]);
  });
});

describe('a number', () => {
  it('is wanted for a new order that has none, and for nothing else', () => {
    expect(wantsNumber(command({ type: 'order.place' }))).toBe(true);
    expect(wantsNumber(command({ type: 'order.place', number: 'SO-1' }))).toBe(false);
    expect(wantsNumber(command({ type: 'order.annotate' }))).toBe(false);
    expect(wantsNumber(deadline)).toBe(false);
  });

  it('is not asked for where there is no command', async () => {
    const next = () => {
      throw new Error('asked');
    };
    expect(await numbered(deadline, { next }, 1)).toBe(deadline);
  });

  it('is asked for with the tenant and the time, and put into the command alone', async () => {
    const request = command({ type: 'order.place' });
    const next = (tenantId: string, now: number) => `${tenantId}-${now}`;
    expect(await numbered(request, { next }, 9)).toEqual({
      ...request,
      work: { kind: 'command', command: { type: 'order.place', number: 't-9' } },
    });
  });

  it('that cannot be had is told with the cause, or with what came instead', async () => {
    const cause = new Error('no sequence');
    const ask = (next: () => string) => numbered(command({ type: 'order.place' }), { next }, 1);
    await expect(
      ask(() => {
        throw cause;
      }),
    ).rejects.toMatchObject({
      code: 'numberUnavailable',
      message: expect.stringContaining('nothing was written'),
      cause,
    });
    await expect(ask(() => 12 as unknown as string)).rejects.toMatchObject({
      code: 'numberUnavailable',
      message: expect.stringContaining('1 to 128 printable characters'),
      details: { type: 'number' },
    });
    const own = new OrderchartError('storeUnavailable', 'away');
    await expect(
      ask(() => {
        throw own;
      }),
    ).rejects.toBe(own);
  });
});

describe('a wait for a transaction', () => {
  function waiting(limitMs = 1000) {
    const clock = createMovableClock(100_000);
    const delays: number[] = [];
    const steady = {
      elapsedMs: clock.now,
      schedule: (delayMs: number, callback: () => void) => {
        delays.push(delayMs);
        return clock.schedule(clock.now() + delayMs, callback);
      },
    };
    return { clock, delays, waits: new LockWaits(steady, () => 1, limitMs) };
  }
  const task = (request: TaskRequest) =>
    new CommandTask(
      request,
      () => {},
      () => {},
    );

  it('doubles from five milliseconds to two hundred, and ends at the limit', () => {
    const { clock, delays, waits } = waiting();
    const held = task(command({ type: 'order.annotate' }));
    let calls = 0;
    const again = () => {
      calls += 1;
    };
    while (waits.wait(held, again)) clock.advanceBy(delays.at(-1) ?? 0);
    expect(delays).toEqual([5, 10, 20, 40, 80, 160, 200, 200, 200, 200]);
    expect(calls).toBe(delays.length);
  });

  it('ends exactly when it has lasted as long as it may', () => {
    const { clock, waits } = waiting();
    const held = task(command({ type: 'order.annotate' }));
    const nothing = () => {};
    expect(waits.wait(held, nothing)).toBe(true);
    clock.advanceTo(100_999);
    expect(waits.wait(held, nothing)).toBe(true);
    clock.advanceTo(101_000);
    expect(waits.wait(held, nothing)).toBe(false);
  });

  it('is not for a deadline, which is looked up again', () => {
    const { delays, waits } = waiting();
    expect(waits.wait(task(deadline), () => {})).toBe(false);
    expect(delays).toEqual([]);
  });
});
