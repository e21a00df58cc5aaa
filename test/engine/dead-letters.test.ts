import {
  cloudEventMessage,
  createInProcessQueue,
  createInProcessTransport,
  type DeadLetter,
  type OrderCommand,
  OrderchartError,
  PermanentHandlerError,
  parseCloudEvent,
  parseJsonBody,
  type ReceiveOptions,
  type TransportMessage,
} from 'orderchart';
import { describe, expect, it } from 'vitest';
import { published, scriptedTransport, unavailable } from '../transport/scripted-transport.ts';
import { annotate, place, testEngine, until } from './kit.ts';
import { commandMessage, mapBody, raw, receiving } from './receive-kit.ts';

const second = 1000;
const minute = 60 * second;

/** Messages that nobody can understand, with what happens in `map` and the reason. */
const hopeless: readonly [string, TransportMessage, ReceiveOptions<OrderCommand>['map'], string][] =
  [
    ['no id', raw('', '{}'), mapBody, 'messageInvalid'],
    ['a body that is too large', raw('1', ' '.repeat(1001)), mapBody, 'messageTooLarge'],
    [
      'a body that is no JSON',
      raw('1', '{"secret'),
      (message) => void parseJsonBody(message),
      'messageInvalid',
    ],
    ['no event', raw('1', 'secret'), (message) => void parseCloudEvent(message), 'messageInvalid'],
    ['an unknown command', raw('1', '{"type":"order.explode"}'), mapBody, 'invalidCommand'],
    [
      'a command with a field too many',
      raw('1', JSON.stringify({ ...place('x'), surplus: 1 })),
      mapBody,
      'invalidCommand',
    ],
    [
      'a prototype in it',
      raw('1', '{"type":"order.annotate","orderId":"x","metadata":{"__proto__":1}}'),
      mapBody,
      'invalidCommand',
    ],
    ['an answer that is no command', raw('1', '{}'), () => 'secret' as never, 'invalidCommand'],
    [
      'a tenant that cannot be',
      raw('1', '{}'),
      () => ({ commands: place('x'), tenantId: '\n' }),
      'invalidArgument',
    ],
    [
      'a wrong signature',
      raw('1', '{}'),
      () => {
        throw new OrderchartError('signatureInvalid', 'no');
      },
      'signatureInvalid',
    ],
    [
      'a map that gives up',
      raw('1', '{}'),
      async () => {
        throw new PermanentHandlerError('unheard of');
      },
      'refusedByMap',
    ],
  ];

describe('a message that cannot be understood', () => {
  it.each(hopeless)(
    'for %s goes to the dead letters, and is acked',
    async (_, message, map, reason) => {
      const { engine, transport, letters, log } = await receiving({ map, maximumBodyBytes: 1000 });
      const handed = transport.deliver(message);
      await engine.idle();
      expect(letters).toMatchObject([{ message, reception: 'in', reason }]);
      expect(handed.outcome).toBe('acked');
      expect(engine.stats()).toMatchObject({
        messagesDeadLettered: 1,
        messageRetries: 0,
        events: 0,
      });
      expect(log.map(({ level, message: text }) => [level, text])).toEqual([
        ['error', 'A message became a dead letter.'],
      ]);
      expect(JSON.stringify([letters[0]?.detail, log])).not.toContain('secret');
    },
  );

  it('is one that uses the id of another: the first one counts', async () => {
    const { engine, deliver, letters } = await receiving();
    deliver('1', place('order-1'));
    await engine.idle();
    const handed = deliver('1', place('order-2'));
    await engine.idle();
    expect(letters.map(({ reason }) => reason)).toEqual(['idempotencyMismatch']);
    expect(handed.outcome).toBe('acked');
    expect(await engine.get('order-2')).toBeUndefined();
  });

  it('holds up no other, not even of its key', async () => {
    const { engine, deliver } = await receiving();
    const handed = [
      deliver('1', place('order-1'), 'a'),
      deliver('2', { type: 'order.explode' }, 'a'),
      deliver('3', annotate('order-1', 'x'), 'a'),
    ];
    await engine.idle();
    expect(handed.map(({ outcome }) => outcome)).toEqual(['acked', 'acked', 'acked']);
    expect(await engine.get('order-1')).toMatchObject({ version: 2 });
  });

  it('is held until its letter is kept', async () => {
    let isFull = true;
    const kept: DeadLetter[] = [];
    const { engine, clock, deliver, log } = await receiving({
      deadLetter: async (letter) => {
        if (isFull) throw new PermanentHandlerError('full');
        kept.push(letter);
      },
    });
    const handed = deliver('1', { type: 'order.explode' });
    await clock.runTo(clock.now() + minute, () => engine.idle());
    expect(handed.outcome).toBeUndefined();
    expect(engine.stats().messagesDeadLettered).toBe(0);
    expect(log.every(({ message }) => message === 'A message failed; retrying later.')).toBe(true);
    isFull = false;
    await clock.runTo(clock.now() + minute, () => engine.idle());
    expect(kept).toHaveLength(1);
    expect(handed.outcome).toBe('acked');
  });
});

describe('dead letters that are published', () => {
  it('are the message as it came, with the reason in headers', async () => {
    const deadLetter = scriptedTransport('graveyard');
    const { engine, transport, clock } = await receiving({ deadLetter });
    const message = cloudEventMessage(
      {
        id: 'm-1',
        source: '/test',
        type: 'odd',
        subject: 'Zürich',
        extensions: {},
        data: { type: 'order.ä' },
      },
      { key: 'key-1', sequence: 7 },
    );
    transport.deliver(message);
    await engine.idle();
    expect(deadLetter.published).toEqual([
      {
        ...message,
        id: expect.stringMatching(/^dead-letter\/in\/m-1\/[0-9a-f]{32}$/),
        sequence: undefined,
        headers: {
          ...message.headers,
          'orderchart-dead-letter-reason': 'invalidCommand',
          'orderchart-dead-letter-detail': expect.stringMatching(/^A%20command%20needs%20.*%C3%A4/),
          'orderchart-dead-letter-reception': 'in',
          'orderchart-dead-letter-message-id': 'm-1',
          'orderchart-dead-letter-at': new Date(clock.now()).toISOString(),
        },
      },
    ]);
    expect(parseCloudEvent(deadLetter.published[0] as TransportMessage).id).toBe('m-1');
  });

  it('have an id of their own when the message has none, the same every time', async () => {
    const deadLetter = scriptedTransport('graveyard');
    let failures = 1;
    deadLetter.answer = async () => {
      failures -= 1;
      return [failures < 0 ? published : { status: 'failed', error: unavailable() }];
    };
    const { engine, transport, clock } = await receiving({ deadLetter });
    transport.deliver(raw('', 'a'));
    await clock.runTo(clock.now() + minute, () => engine.idle());
    transport.deliver(raw('', 'b'));
    await engine.idle();
    const ids = deadLetter.calls.map(([letter]) => letter?.id);
    expect(ids[0]).toMatch(/^dead-letter\/in\/none\/[0-9a-f]{32}$/);
    expect(ids[1]).toBe(ids[0]);
    expect(ids[2]).not.toBe(ids[0]);
  });

  it('have different ids when different messages use one id', async () => {
    const deadLetter = scriptedTransport('graveyard');
    const { engine, transport } = await receiving({ deadLetter });
    transport.deliver(raw('m-1', '{}'));
    transport.deliver(raw('m-1', '[1]'));
    transport.deliver({ ...raw('m-1', '{}'), headers: { odd: '1' } });
    await engine.idle();
    expect(new Set(deadLetter.published.map(({ id }) => id)).size).toBe(3);
  });

  it.each([128, 129])(
    'have an id that fits the port when %i characters came in',
    async (length) => {
      const deadLetter = scriptedTransport('graveyard');
      const name = 'n'.repeat(64);
      const { engine, transport } = await receiving({ name, deadLetter });
      transport.deliver(raw(`${'m'.repeat(length - 1)}1`, '{}'));
      transport.deliver(raw(`${'m'.repeat(length - 1)}2`, '{}'));
      await engine.idle();
      const ids = deadLetter.published.map(({ id }) => id);
      expect(new Set(ids).size).toBe(2);
      for (const id of ids) expect(id).toMatch(/^[\x21-\x7e]{1,200}$/);
    },
  );

  it('fit the port, whatever came in', async () => {
    const deadLetter = scriptedTransport('graveyard');
    const { engine, transport } = await receiving({
      deadLetter,
      map: () => {
        throw new PermanentHandlerError(`half a character: \ud800, and more ${'x'.repeat(5000)}`);
      },
    });
    transport.deliver({ ...raw('ü'.repeat(500), 'x'), headers: { odd: 'ä\n\ud800' } });
    await engine.idle();
    const [letter] = deadLetter.published;
    expect(letter?.id).toMatch(/^[\x21-\x7e]{1,200}$/);
    for (const value of Object.values(letter?.headers ?? {}))
      expect(value).toMatch(/^[\x20-\x7e]*$/);
  });

  it('may go where messages come from, and come back', async () => {
    const queue = createInProcessQueue();
    const transport = createInProcessTransport({ queue });
    const { engine } = await testEngine();
    await transport.open();
    await transport.publish([commandMessage('1', { type: 'order.explode' })]);
    let seen: TransportMessage | undefined;
    await engine.startReceiving({
      name: 'in',
      transport,
      deadLetter: transport,
      map: (message) => {
        if (message.headers['orderchart-dead-letter-reason'] === undefined) return mapBody(message);
        seen = message;
      },
    });
    await until(() => seen !== undefined && queue.size === 0);
    expect(seen?.id).toMatch(/^dead-letter\/in\/1\/[0-9a-f]{32}$/);
  });
});
