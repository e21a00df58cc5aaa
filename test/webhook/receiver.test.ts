import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { Delivery } from '../../src/transport/transport.ts';
import { eventually, messageOf, otherSecret } from './kit.ts';
import { beginRequest, receiving, send } from './receiver-kit.ts';
import { signed } from './vector.ts';

describe('a webhook that comes in', () => {
  it('is delivered as it was sent, and answered when it is done with', async () => {
    const { send, deliveries, receiver } = await receiving();
    expect(await send()).toEqual({ status: 204, retryAfter: undefined, text: '' });
    const [delivery] = deliveries;
    // Nobody knows how often its sender has tried.
    expect(delivery?.attempt).toBe(2);
    expect(delivery?.message).toEqual({ ...messageOf(1), body: Buffer.from(messageOf(1).body) });
    expect(receiver.stats()).toMatchObject({ requests: 1, delivered: 1, acked: 1, nacked: 0 });
  });

  it('is not answered before', async () => {
    const { send, deliveries } = await receiving({}, { handle: () => undefined });
    let isAnswered = false;
    const sending = send().finally(() => {
      isAnswered = true;
    });
    await eventually('it is delivered', () => deliveries.length === 1);
    expect(isAnswered).toBe(false);
    await deliveries[0]?.ack();
    expect((await sending).status).toBe(204);
  });

  it('that is nacked is asked for again, after the delay where there is one', async () => {
    const delays = [undefined, 1500, 0, -1, Number.NaN, Number.POSITIVE_INFINITY];
    const { send, deliveries, receiver } = await receiving(
      {},
      { handle: (delivery) => void delivery.nack(delays[deliveries.length - 1]) },
    );
    expect(await send()).toMatchObject({ status: 500, retryAfter: undefined });
    expect(await send()).toMatchObject({ status: 500, retryAfter: '2' });
    for (const retryAfter of ['0', '0', '0', '2147484']) {
      expect(await send()).toMatchObject({ status: 500, retryAfter });
    }
    await send();
    expect(deliveries.map(({ attempt }) => attempt)).toEqual([2, 3, 4, 5, 6, 7, 8]);
    expect(receiver.stats()).toMatchObject({ delivered: 7, nacked: 7, acked: 0 });
  });

  it('may be acked or nacked once: what comes later changes nothing', async () => {
    const { send, deliveries, receiver } = await receiving();
    await send();
    await deliveries[0]?.nack();
    await deliveries[0]?.ack();
    expect(receiver.stats()).toMatchObject({ acked: 1, nacked: 0 });
  });

  it('whose sender went away is answered when it comes again', async () => {
    const { port, connections, deliveries, send } = await receiving(
      {},
      { handle: () => undefined },
    );
    const { outgoing } = beginRequest(port, { ...signed() });
    outgoing.end(messageOf(1).body);
    await eventually('it is delivered', () => deliveries.length === 1);
    outgoing.destroy();
    await eventually('its connection is gone', () => connections[0]?.destroyed === true);
    await deliveries[0]?.ack();
    expect((await send()).status).toBe(204);
    expect(deliveries).toHaveLength(1);
  });

  it('whose sender went away is acked in vain when nobody remembers it', async () => {
    const memory = {
      has: () => false,
      add: () => Promise.reject(new Error('The table is away.')),
    };
    const { port, connections, deliveries } = await receiving(
      { memory },
      { handle: () => undefined },
    );
    const { outgoing } = beginRequest(port, { ...signed() });
    outgoing.end(messageOf(1).body);
    await eventually('it is delivered', () => deliveries.length === 1);
    outgoing.destroy();
    await eventually('its connection is gone', () => connections[0]?.destroyed === true);
    await expect(deliveries[0]?.ack()).rejects.toMatchObject({ code: 'transportUnavailable' });
  });

  it('whose memory hangs is asked for again, and keeps no place', async () => {
    const asked: ((wasDone: boolean) => void)[] = [];
    const memory = {
      has: () => new Promise<boolean>((resolve) => asked.push(resolve)),
      add: () => undefined,
    };
    const answerTimeoutMs = 60_000;
    const { send, deliveries } = await receiving({ memory, answerTimeoutMs });
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    onTestFinished(() => void vi.useRealTimers());
    const first = send();
    await eventually('it is asked', () => asked.length === 1);
    vi.advanceTimersByTime(answerTimeoutMs);
    expect(await first).toMatchObject({ status: 503, text: 'memoryUnavailable' });
    const again = send();
    await eventually('it is asked again', () => asked.length === 2);
    asked[1]?.(false);
    expect((await again).status).toBe(204);
    expect(deliveries).toHaveLength(1);
  });

  it('whose consumer takes too long is asked for again, and done with all the same', async () => {
    const { send, deliveries, receiver } = await receiving(
      { answerTimeoutMs: 30 },
      { handle: () => undefined },
    );
    expect(await send()).toMatchObject({ status: 500 });
    expect(await send()).toMatchObject({ status: 409 });
    await deliveries[0]?.ack();
    expect(await send()).toMatchObject({ status: 204 });
    expect(deliveries).toHaveLength(1);
    expect(receiver.stats()).toMatchObject({ timedOut: 1, acked: 1, repeated: 1 });
  });
});

describe('a receiver takes no more than it can', () => {
  it('and asks for the rest a moment later', async () => {
    const held: Delivery[] = [];
    const { port, deliveries, refused } = await receiving(
      {},
      { handle: (delivery) => held.push(delivery), maximumInFlight: 3 },
    );
    const first = [1, 2, 3].map((number) => send(port, messageOf(number)));
    await eventually('three are in hand', () => held.length === 3);
    expect(await send(port, messageOf(4))).toMatchObject({ status: 503, retryAfter: '1' });
    // Refused before it was read, so nobody knows what it is called.
    expect(refused).toEqual(['503 overloaded -']);
    for (const delivery of held) await delivery.ack();
    for (const { status } of await Promise.all(first)) expect(status).toBe(204);
    const fourth = send(port, messageOf(4));
    await eventually('it is delivered', () => deliveries.length === 4);
    await held[3]?.ack();
    expect((await fourth).status).toBe(204);
  });

  it('also when they all come at once', async () => {
    const { port, deliveries, refused } = await receiving(
      {},
      { handle: () => undefined, maximumInFlight: 2 },
    );
    const sending = Array.from({ length: 20 }, (_, index) => send(port, messageOf(index)));
    await eventually('all but two are refused', () => refused.length === 18);
    expect(deliveries).toHaveLength(2);
    for (const delivery of deliveries) await delivery.ack();
    const statuses = (await Promise.all(sending)).map(({ status }) => status);
    expect(statuses.filter((status) => status === 204)).toHaveLength(2);
    expect(statuses.filter((status) => status === 503)).toHaveLength(18);
  });

  it('nor reads more bodies at once', async () => {
    const { port, send, refused } = await receiving({
      maximumReadingRequests: 1,
      // However long it takes here, the first one is not slow.
      bodyGraceMs: 60_000,
      bodyTimeoutMs: 60_000,
    });
    const { outgoing, answer } = beginRequest(port, { ...signed() });
    outgoing.write('{');
    await eventually('the second one is refused', () => {
      if (refused.length === 0) void send(messageOf(2)).catch(() => undefined);
      return refused.length > 0;
    });
    expect(refused[0]).toBe('503 overloaded -');
    outgoing.end(Buffer.from(messageOf(1).body).subarray(1));
    expect((await answer).statusCode).toBe(204);
  });
});

describe('stopping', () => {
  it('begins: nothing more is delivered, and what was may be acked', async () => {
    const { port, consumption, deliveries, refused } = await receiving(
      {},
      { handle: () => undefined },
    );
    const first = send(port, messageOf(1));
    await eventually('it is delivered', () => deliveries.length === 1);
    await consumption.stop();
    expect(await send(port, messageOf(2))).toMatchObject({ status: 503, retryAfter: '5' });
    expect(refused).toEqual(['503 notConsuming -']);
    await deliveries[0]?.ack();
    expect((await first).status).toBe(204);
  });

  it('ends: what is in hand is asked for again, by whoever consumes next', async () => {
    const handled: Delivery[] = [];
    const { port, consumption, consume, deliveries } = await receiving(
      {},
      { handle: (delivery) => handled.push(delivery) },
    );
    const first = send(port);
    await eventually('it is delivered', () => deliveries.length === 1);
    await consumption.stop();
    await consumption.close();
    expect((await first).status).toBe(500);
    await expect(handled[0]?.ack()).rejects.toMatchObject({ code: 'transportClosed' });
    await consume();
    const second = send(port);
    await eventually('it is delivered again', () => deliveries.length === 2);
    expect(handled[1]?.attempt).toBe(3);
    await handled[1]?.ack();
    expect((await second).status).toBe(204);
  });

  it('that ends, or has ended, gives back nothing that the next one has in hand', async () => {
    const { port, consumption, consume, deliveries } = await receiving(
      {},
      { handle: () => undefined },
    );
    const first = send(port, messageOf(1));
    await eventually('it is delivered', () => deliveries.length === 1);
    await consumption.stop();
    const next = await consume();
    const second = send(port, messageOf(2));
    await eventually('the next one gets what comes later', () => deliveries.length === 2);
    await consumption.close();
    expect((await first).status).toBe(500);
    await consumption.close();
    await consumption.stop();
    await deliveries[1]?.ack();
    expect((await second).status).toBe(204);
    const third = send(port, messageOf(3));
    await eventually('the next one consumes still', () => deliveries.length === 3);
    await next.close();
    expect((await third).status).toBe(500);
  });

  it('ends with the receiver, too', async () => {
    const { port, receiver, deliveries } = await receiving({}, { handle: () => undefined });
    const first = send(port);
    await eventually('it is delivered', () => deliveries.length === 1);
    await receiver.close();
    expect((await first).status).toBe(500);
    await expect(deliveries[0]?.ack()).rejects.toMatchObject({ code: 'transportClosed' });
  });

  it('ends: what is being acked is done with', async () => {
    const remembered: (() => void)[] = [];
    const memory = {
      has: () => false,
      add: () => new Promise<void>((resolve) => remembered.push(resolve)),
    };
    const { port, consumption, receiver } = await receiving({ memory });
    const first = send(port);
    await eventually('it is being remembered', () => remembered.length === 1);
    await consumption.close();
    remembered[0]?.();
    expect((await first).status).toBe(204);
    expect(receiver.stats()).toMatchObject({ acked: 1, nacked: 0 });
  });

  it('closes for good', async () => {
    const { receiver, send } = await receiving();
    await receiver.close();
    await receiver.close();
    expect((await send()).status).toBe(503);
    const options = { maximumInFlight: 1, deliver: () => undefined, onError: () => undefined };
    await expect(receiver.consume(options)).rejects.toMatchObject({ code: 'transportClosed' });
    await expect(receiver.open()).rejects.toMatchObject({ code: 'transportClosed' });
  });
});

it('a receiver sends nothing, and is consumed once at a time', async () => {
  const { receiver, consume } = await receiving();
  await expect(receiver.publish([])).rejects.toMatchObject({ code: 'transportRefused' });
  await expect(consume()).rejects.toMatchObject({ code: 'transportRefused' });
});

it('a secret that the sender does not have makes nothing of it known', async () => {
  const { send, refused, deliveries } = await receiving({ secrets: [otherSecret] });
  expect(await send()).toEqual({ status: 401, retryAfter: undefined, text: 'signatureInvalid' });
  expect(refused).toEqual(['401 signatureInvalid -']);
  expect(deliveries).toEqual([]);
});
