import { describe, expect, it } from 'vitest';
import { eventLog, subscriptionLogger } from '../../src/engine/subscriptions/event-log.ts';
import { HandlerCalls } from '../../src/engine/subscriptions/handler-calls.ts';
import { commandsOf } from '../../src/engine/subscriptions/handlers/event-attempts.ts';
import { laneItem } from '../../src/engine/subscriptions/handlers/lane-item.ts';
import type { HandlerContext } from '../../src/engine/subscriptions/options.ts';
import {
  isPermanent,
  isPermanentHandlerError,
  PermanentHandlerError,
  reasonOf,
} from '../../src/engine/subscriptions/permanent-error.ts';
import { OrderchartError } from '../../src/errors.ts';
import { eventOf } from './lane-kit.ts';
import { gate, turns } from './turns.ts';

const brand = Symbol.for('orderchart.permanentHandlerError');

/** Notes what the handler was told. */
function calls(handle: (context: HandlerContext) => unknown) {
  const told: [event: unknown, context: HandlerContext][] = [];
  const own = new HandlerCalls((event, context) => {
    told.push([event, context]);
    return handle(context);
  }, 7);
  let isIdle = true;
  const look = async () => {
    isIdle = false;
    void own.running.idle().then(() => {
      isIdle = true;
    });
    await turns();
    return isIdle;
  };
  return { calls: own, told, isIdle: look };
}

describe('a call of a handler', () => {
  it('tells it the event and what it may want to know besides, and comes to its answer', async () => {
    const { calls: own, told, isIdle } = calls(() => 'answer');
    expect(await own.handle(eventOf(1), 3)).toBe('answer');
    expect(told).toEqual([
      [
        eventOf(1),
        { attempt: 3, signal: expect.any(AbortSignal), tenantId: 'default', history: 7 },
      ],
    ]);
    expect(await isIdle()).toBe(true);
  });

  it('that throws at once is one that fails', async () => {
    const { calls: own, isIdle } = calls(() => {
      throw new Error('broken');
    });
    await expect(own.handle(eventOf(1), 1)).rejects.toThrow('broken');
    expect(await isIdle()).toBe(true);
  });

  it('ends when calls are aborted, and counts as running until the handler ends', async () => {
    const hold = gate();
    const { calls: own, told, isIdle } = calls(() => hold.opened);
    const handling = own.handle(eventOf(1), 1);
    const failing = expect(handling).rejects.toMatchObject({ name: 'AbortError' });
    expect(told[0]?.[1].signal.aborted).toBe(false);
    own.abort();
    await failing;
    expect(told[0]?.[1].signal.aborted).toBe(true);
    expect(await isIdle()).toBe(false);
    hold.open();
    expect(await isIdle()).toBe(true);
    await expect(own.handle(eventOf(2), 1)).rejects.toMatchObject({ name: 'AbortError' });
    expect(told).toHaveLength(1);
  });
});

describe('an error of a handler', () => {
  it.each([
    ['one that says so', new PermanentHandlerError('no'), true],
    ['a command that is none', new OrderchartError('invalidCommand', 'no'), true],
    ['another error of the engine', new OrderchartError('contention', 'no'), false],
    ['any other', new Error('no'), false],
    ['null', null, false],
    ['undefined', undefined, false],
    ['text', 'no', false],
    ['a function', Object.defineProperty(() => {}, brand, { value: true }), false],
  ])('is for good or not: %s', (_, error, is) => {
    expect(isPermanent(error)).toBe(is);
  });

  it('for good has a name, its reason and its cause, and a brand that nobody sees', () => {
    const cause = new Error('422');
    const error = new PermanentHandlerError('no such address', { cause });
    expect(error).toMatchObject({
      ...{ name: 'PermanentHandlerError', message: 'no such address', cause },
    });
    expect(isPermanentHandlerError(error)).toBe(true);
    expect(Reflect.get(error, brand)).toBe(true);
    expect(Object.getOwnPropertySymbols({ ...error })).toEqual([]);
  });

  it.each([
    ['the message of an error', new Error('broken'), 'broken'],
    ['what else was thrown, as text', ['broken'], 'broken'],
    ['500 characters at most', new Error('x'.repeat(600)), 'x'.repeat(500)],
    ['no half of a character', new Error(`${'x'.repeat(499)}😀`), `${'x'.repeat(499)}\uFFFD`],
    ['no NUL', new Error('a\0b\0c'), 'abc'],
  ])('is kept as %s', (_, error, text) => {
    expect(reasonOf(error)).toBe(text);
  });
});

it('what a handler returns is none, one or several commands', () => {
  const one = { type: 'order.annotate' };
  expect(commandsOf(undefined)).toEqual([]);
  expect(commandsOf(null)).toEqual([]);
  expect(commandsOf(one)).toEqual([one]);
  expect(commandsOf([one, one])).toEqual([one, one]);
  expect(commandsOf('')).toEqual(['']);
});

it('an event begins its way with nothing known of it', () => {
  expect(laneItem(5, eventOf(1), { requeues: 2 })).toEqual({
    ...{ position: 5, event: eventOf(1), isFromParking: false, attempts: 0, commands: undefined },
    ...{ nextCommand: 0, refusal: undefined, failure: null, requeues: 2, isAhead: false },
    ...{ handledBefore: 0, handledAtFailure: undefined, failsAlone: false },
  });
});

it('what became of an event is logged with whose and which one it was', () => {
  const logged: unknown[] = [];
  const note = (level: string) => (message: string, fields: object) =>
    void logged.push([level, message, fields]);
  const [warn, error] = [note('warn'), note('error')];
  const logger = subscriptionLogger({ debug: warn, info: warn, warn, error }, 'mailer');
  const log = eventLog({ logger });
  const thrown = new Error('away');
  const fields = {
    ...{ subscription: 'mailer', eventId: 'e1', type: 'order.annotated', tenantId: 'default' },
    ...{ orderId: 'order-1', attempts: 3, error: thrown },
  };
  log('warn', 'It is tried again.', { event: eventOf(1), attempts: 3 }, thrown);
  log('error', 'It is parked.', { event: eventOf(1), attempts: 3 }, thrown);
  expect(logged).toEqual([
    ['warn', 'It is tried again.', fields],
    ['error', 'It is parked.', fields],
  ]);
});
