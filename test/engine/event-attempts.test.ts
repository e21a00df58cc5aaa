import { expect, it } from 'vitest';
import type { HandlerCalls } from '../../src/engine/subscriptions/handler-calls.ts';
import { EventAttempts } from '../../src/engine/subscriptions/handlers/event-attempts.ts';
import { laneItem } from '../../src/engine/subscriptions/handlers/lane-item.ts';
import type { ConsumerParts } from '../../src/engine/subscriptions/parts.ts';
import { PermanentHandlerError } from '../../src/engine/subscriptions/permanent-error.ts';
import type { WorkerLease } from '../../src/engine/subscriptions/sharing/worker-lease.ts';
import { eventOf } from './lane-kit.ts';

function attempting(handle: () => unknown, result: object = { status: 'accepted' }) {
  const executed: unknown[] = [];
  const logged: unknown[] = [];
  const log = (message: string, { error }: { readonly error?: unknown }) =>
    void logged.push([message, error]);
  const counters = { handlerCommandsRejected: 0 };
  const parts = {
    ...{ counters, outlook: { handled: 7 }, settings: { name: 'mailer' } },
    logger: { warn: log, error: log },
    execute: async (...args: unknown[]) => {
      executed.push(args);
      return result;
    },
  } as unknown as ConsumerParts;
  const lease = { isOver: false, hold: async () => true } as unknown as WorkerLease;
  const calls = { handle: async () => handle() } as unknown as HandlerCalls;
  return { attempts: new EventAttempts(parts, lease, calls), executed, logged, counters };
}

it('a command of a handler is executed for its event, under a key of its own', async () => {
  const { attempts, executed, counters } = attempting(() => ['one', 'other']);
  const item = laneItem(1, eventOf(1));
  await attempts.attempt(item);
  expect(executed).toEqual([
    ['one', eventOf(1), 'mailer/e1/0'],
    ['other', eventOf(1), 'mailer/e1/1'],
  ]);
  expect(item).toMatchObject({ attempts: 1, handledBefore: 7, nextCommand: 2 });
  expect(counters.handlerCommandsRejected).toBe(0);
});

it('each command of a handler that is rejected is counted', async () => {
  const { attempts, counters } = attempting(() => ['one', 'other'], { status: 'rejected' });
  await attempts.attempt(laneItem(1, eventOf(1)));
  expect(counters.handlerCommandsRejected).toBe(2);
});

it('an event that is refused for good is logged as parked, with the reason', async () => {
  const error = new PermanentHandlerError('poison');
  const { attempts, logged } = attempting(() => {
    throw error;
  });
  const item = laneItem(1, eventOf(1));
  await attempts.attempt(item);
  expect(item.refusal).toBe('poison');
  expect(logged).toEqual([['An event failed permanently and is parked.', error]]);
});
