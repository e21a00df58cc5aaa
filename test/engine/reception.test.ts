import { describe, expect, it } from 'vitest';
import { scriptedTransport, unavailable } from '../transport/scripted-transport.ts';
import { annotate, gate, place, testEngine, turns, until } from './kit.ts';
import { mapBody, receiving } from './receive-kit.ts';

const second = 1000;
const minute = 60 * second;

describe('a reception', () => {
  it('says what it has in hand, and asks for no more than its bound', async () => {
    const { engine, transport, deliver } = await receiving({ name: 'other', maximumInFlight: 3 });
    expect(transport.maximumInFlight).toBe(3);
    const reception = await engine.startReceiving({
      name: 'in',
      transport,
      deadLetter: () => undefined,
      map: () => {
        throw new Error('not yet');
      },
    });
    deliver('1', 1, 'a');
    deliver('2', 2, 'a');
    deliver('3', 3, 'b');
    await engine.idle();
    expect(reception.status()).toEqual({ name: 'in', inFlight: 3, waitingKeys: 2, putAside: 0 });
    expect(engine.stats().messageRetries).toBe(2);
  });

  it('gives back what a transport delivers beyond the bound', async () => {
    const { engine, deliver, log } = await receiving({
      maximumInFlight: 1,
      map: () => {
        throw new Error('not yet');
      },
    });
    const handed = [deliver('1', 1), deliver('2', 2)];
    await engine.idle();
    expect(handed.map(({ outcome }) => outcome)).toEqual([undefined, 'nacked']);
    expect(log.map(({ message }) => message)).toContain(
      'A transport delivered too many messages; returning one.',
    );
    expect(engine.stats().messagesReceived).toBe(1);
  });

  it('waits longer from attempt to attempt, by its retry options', async () => {
    const attempts: number[] = [];
    const { engine, clock, deliver } = await receiving({
      retry: { initialDelayMs: 1000, maximumDelayMs: 4000 },
      map: (_, { attempt }) => {
        attempts.push(clock.now() - start);
        if (attempt < 5) throw new Error('not yet');
      },
    });
    const start = clock.now();
    deliver('1', 1);
    await clock.runTo(clock.now() + minute, () => engine.idle());
    // random is 0.5, so each wait is three quarters of it
    expect(attempts).toEqual([0, 750, 2250, 5250, 8250]);
  });

  it('logs the trouble that its transport has', async () => {
    const { transport, log } = await receiving();
    transport.complain(unavailable());
    expect(log).toMatchObject([
      {
        level: 'warn',
        message: 'Transport error; the adapter is reconnecting.',
        fields: { reception: 'in', transport: 'scripted' },
      },
    ]);
  });

  it('lets nothing be lost when an ack fails', async () => {
    const { engine, transport, deliver, log } = await receiving();
    transport.before = async () => {
      throw unavailable();
    };
    deliver('1', place('order-1'));
    await engine.idle();
    expect(log.map(({ message }) => message)).toEqual([
      'Could not ack or nack a message; it may be redelivered.',
    ]);
    transport.before = async () => {};
    const handed = deliver('1', place('order-1'));
    await engine.idle();
    expect(handed.outcome).toBe('acked');
    expect(engine.stats()).toMatchObject({ duplicates: 1, events: 1 });
  });

  it('has a name of its own, which is free again once it is closed or did not start', async () => {
    const { engine } = await testEngine();
    const transport = scriptedTransport();
    const options = { name: 'in', transport, map: mapBody, deadLetter: transport };
    transport.before = async () => {
      throw unavailable();
    };
    await expect(engine.startReceiving(options)).rejects.toMatchObject({
      code: 'transportUnavailable',
    });
    transport.before = async () => {};
    const reception = await engine.startReceiving(options);
    await expect(engine.startReceiving(options)).rejects.toMatchObject({ code: 'invalidArgument' });
    await reception.close();
    await reception.close();
    await engine.startReceiving(options);
    expect(transport.log).toEqual(['open', 'open', 'consume', 'stop', 'end', 'consume']);
  });

  it.each([
    { name: 'a/b' },
    { name: '' },
    { map: undefined },
    { deadLetter: undefined },
    { deadLetter: {} },
    { maximumInFlight: 0 },
    { orderWaitMs: -1 },
    { attemptTimeoutMs: 0 },
    { retry: { initialDelayMs: 0 } },
    { tenantId: '\n' },
    { onRejected: 1 },
    { surplus: 1 },
  ])('is refused with %j', async (wrong) => {
    const { engine } = await testEngine();
    const transport = scriptedTransport();
    const options = { name: 'in', transport, map: mapBody, deadLetter: transport, ...wrong };
    await expect(engine.startReceiving(options as never)).rejects.toMatchObject({
      code: 'invalidArgument',
    });
    expect(transport.log).toEqual([]);
  });
});

describe('closing while messages come in', () => {
  it('finishes what is begun, gives the rest back, and then lets go of the transport', async () => {
    const mapping = gate();
    const { engine, transport, deliver } = await receiving({
      map: async (message) => {
        if (message.id === '1') await mapping.opened;
        return mapBody(message);
      },
    });
    const begun = deliver('1', place('order-1'), 'a');
    const behind = deliver('2', annotate('order-1', 'x'), 'a');
    const closing = engine.close();
    await turns();
    const late = deliver('3', place('order-3'));
    mapping.open();
    await closing;
    expect([begun.outcome, behind.outcome, late.outcome]).toEqual(['acked', 'nacked', 'nacked']);
    expect(transport.log).toEqual([
      'open',
      'consume',
      'stop',
      'nack',
      'ack',
      'nack',
      'end',
      'close',
    ]);
    expect(engine.stats().events).toBe(1);
  });

  it('gives back at once what waits for its next attempt', async () => {
    const { engine, deliver } = await receiving({
      map: () => {
        throw new Error('not yet');
      },
    });
    const handed = [deliver('1', 1, 'a'), deliver('2', 2, 'a'), deliver('3', 3)];
    await engine.idle();
    await engine.close();
    expect(handed.map(({ outcome }) => outcome)).toEqual(['nacked', 'nacked', 'nacked']);
  });

  it('waits for a function that hangs no longer than the time of grace, and executes nothing after', async () => {
    const mapping = gate();
    const { engine, clock, deliver, store } = await receiving(
      {
        map: async (message) => {
          await mapping.opened;
          return mapBody(message);
        },
      },
      { closeGraceMs: 5 * second },
    );
    const handed = deliver('1', place('order-1'));
    const closing = engine.close();
    await turns();
    expect(handed.outcome).toBeUndefined();
    clock.advanceBy(5 * second);
    await closing;
    expect(handed.outcome).toBe('nacked');
    mapping.open();
    await turns();
    expect(handed.outcome).toBe('nacked');
    expect(engine.stats().commands).toBe(0);
    void store;
  });

  it('waits no longer for a transport that neither stops nor takes anything back', async () => {
    const { engine, clock, transport, deliver } = await receiving({
      map: () => {
        throw new Error('not yet');
      },
    });
    transport.before = () => new Promise(() => {});
    deliver('1', 1);
    await engine.idle();
    let isClosed = false;
    const closing = engine.close().then(() => {
      isClosed = true;
    });
    for (let waited = 0; waited < 20 && !isClosed; waited += 1) {
      await turns();
      clock.advanceBy(second);
    }
    await closing;
    expect(transport.log).toContain('close');
  });

  it('asks nothing of a transport after it is closed', async () => {
    const { engine, transport, deliver } = await receiving();
    await engine.close();
    const before = [...transport.log];
    deliver('1', place('order-1'));
    await turns();
    expect(transport.log).toEqual(before);
    await until(() => !transport.isConsuming);
  });
});
