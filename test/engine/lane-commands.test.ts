import { describe, expect, it } from 'vitest';
import { PermanentHandlerError } from '../../src/engine/subscriptions/permanent-error.ts';
import { OrderchartError } from '../../src/errors.ts';
import { laning } from './lane-kit.ts';

describe('commands that a handler returns', () => {
  it('are executed in turn, each with its index', async () => {
    const { push, run, test } = laning();
    const executed: unknown[] = [];
    test.handle = async () => ['one', 'other'];
    test.execute = async (command) => {
      executed.push(command);
      return { status: 'accepted' };
    };
    push(1);
    expect(await run()).toEqual([
      'handle e1, attempt 1',
      'execute e1/0',
      'execute e1/1',
      'handled e1',
      'emptied order-1',
    ]);
    expect(executed).toEqual(['one', 'other']);
  });

  it('go on where they failed, without asking the handler again', async () => {
    const { push, run, test, waits } = laning();
    let isAway = true;
    test.handle = async () => ['one', 'other'];
    test.execute = async (command) => {
      if (isAway && command === 'other') throw new Error('away');
      return { status: 'accepted' };
    };
    push(1);
    expect(await run()).toEqual(['handle e1, attempt 1', 'execute e1/0', 'execute e1/1', 'waits']);
    isAway = false;
    waits[0]?.callback();
    expect(await run()).toEqual(['execute e1/1', 'handled e1', 'emptied order-1']);
  });

  it('that are rejected are counted and logged, and the others go on', async () => {
    const { push, run, test, logged } = laning();
    const rejection = { code: 'orderUnknown' };
    test.handle = async () => ['one', 'other'];
    test.execute = async (command) =>
      command === 'one' ? ({ status: 'rejected', rejection } as never) : { status: 'accepted' };
    push(1);
    expect((await run()).slice(1, 5)).toEqual([
      'execute e1/0',
      'rejected',
      'execute e1/1',
      'handled e1',
    ]);
    expect(logged).toEqual([
      ['warn', 'A returned command was rejected; not retrying.', 'e1', rejection],
    ]);
  });

  it('that were executed before, differently, are left as they were', async () => {
    const { push, run, test, logged } = laning();
    const error = new OrderchartError('idempotencyMismatch', 'another command');
    test.handle = async () => ['one', 'other'];
    test.execute = (command) =>
      command === 'one' ? Promise.reject(error) : Promise.resolve({ status: 'accepted' });
    push(1);
    expect((await run()).slice(1, 4)).toEqual(['execute e1/0', 'execute e1/1', 'handled e1']);
    expect(logged).toEqual([
      ['warn', 'A returned command differs from the first one; ignoring it.', 'e1', error],
    ]);
  });

  it('are not executed without the lease, which is asked for only when there are any', async () => {
    const { push, run, test } = laning();
    let held = 0;
    test.hold = async () => {
      held += 1;
      return true;
    };
    push(1);
    await run();
    expect(held).toBe(1);
    test.handle = async () => ['one'];
    test.hold = async () => {
      held += 1;
      test.isLost = held === 3;
      test.isStopping = test.isLost;
      return !test.isLost;
    };
    push(2);
    expect(await run()).toEqual(['handle e2, attempt 1']);
    expect(held).toBe(3);
  });

  it('are not executed further once the lease is lost', async () => {
    const { push, run, test } = laning();
    test.handle = async () => ['one', 'other'];
    test.execute = async () => {
      test.isLost = true;
      test.isStopping = true;
      return { status: 'accepted' };
    };
    push(1);
    expect(await run()).toEqual(['handle e1, attempt 1', 'execute e1/0']);
  });

  it('that are none for good park the event, unless the lease is lost', async () => {
    const { push, run, test } = laning();
    test.handle = async () => {
      throw new PermanentHandlerError('poison');
    };
    push(1);
    expect(await run()).toEqual(['handle e1, attempt 1', 'park e1 poison', 'finished e1']);
    const lost = laning();
    lost.test.handle = async () => {
      lost.test.isLost = true;
      lost.test.isStopping = true;
      throw new PermanentHandlerError('poison');
    };
    lost.push(1);
    expect(await lost.run()).toEqual(['handle e1, attempt 1']);
    expect(lost.logged).toEqual([]);
  });
});
