import { createWebhookMemory } from 'orderchart/webhook';
import { describe, expect, it } from 'vitest';
import { eventually, messageOf, time } from './kit.ts';
import { receiving } from './receiver-kit.ts';
import { signed } from './vector.ts';

describe('a webhook that comes again', () => {
  it('after it was done with is answered, and not delivered', async () => {
    const { send, deliveries, receiver } = await receiving();
    for (let count = 0; count < 3; count += 1) expect((await send()).status).toBe(204);
    expect(deliveries).toHaveLength(1);
    expect(receiver.stats()).toMatchObject({ repeated: 2 });
  });

  it('while it is in hand is asked for later', async () => {
    const { send, deliveries, refused } = await receiving({}, { handle: () => undefined });
    const first = send();
    await eventually('it is delivered', () => deliveries.length === 1);
    expect((await send()).status).toBe(409);
    await deliveries[0]?.ack();
    expect((await first).status).toBe(204);
    expect(deliveries).toHaveLength(1);
    expect(refused).toEqual(['409 inHand message-1']);
  });

  it('after it was forgotten is delivered: what acts on it must bear that', async () => {
    let now = time;
    const { send, deliveries } = await receiving({
      now: () => now,
      toleranceMs: 3_600_000,
      rememberMs: 7_200_000,
    });
    await send();
    now += 3_600_000;
    await send();
    expect(deliveries).toHaveLength(1);
    now = time + 7_200_000;
    await send(messageOf(1), { headers: signed(messageOf(1), undefined, now) });
    expect(deliveries).toHaveLength(2);
  });

  it('to another process is answered by what they remember together', async () => {
    const memory = createWebhookMemory({ now: () => time });
    const one = await receiving({ memory });
    const other = await receiving({ memory });
    await one.send();
    expect((await other.send()).status).toBe(204);
    expect(other.deliveries).toHaveLength(0);
  });

  it('is not delivered twice when both come while the memory is asked', async () => {
    const asked: ((wasDone: boolean) => void)[] = [];
    const memory = {
      has: () => new Promise<boolean>((resolve) => asked.push(resolve)),
      add: () => undefined,
    };
    const { send, deliveries } = await receiving({ memory });
    const first = send();
    await eventually('the memory is asked', () => asked.length === 1);
    expect((await send()).status).toBe(409);
    asked[0]?.(false);
    expect((await first).status).toBe(204);
    expect(deliveries).toHaveLength(1);
  });

  it('is asked for later when the memory cannot be asked, and the consumer hears of it', async () => {
    const failure = new Error('The table is away.');
    let isAway = true;
    const memory = {
      has: async () => {
        if (isAway) throw failure;
        return false;
      },
      add: async () => {
        throw failure;
      },
    };
    const { send, deliveries, errors, refused } = await receiving({ memory });
    expect(await send()).toMatchObject({ status: 503, retryAfter: '1' });
    expect(refused).toEqual(['503 memoryUnavailable message-1']);
    expect(deliveries).toEqual([]);
    isAway = false;
    // It is done with, though it could not be remembered.
    expect((await send()).status).toBe(204);
    expect(errors).toEqual([failure, failure]);
  });
});

describe('the memory within a process', () => {
  it('holds so many ids, and lets go of the oldest', async () => {
    const memory = createWebhookMemory({ maximumIds: 2, now: () => time });
    for (const id of ['a', 'b', 'a', 'c']) await memory.add(id, time + 1);
    expect(await Promise.all(['a', 'b', 'c'].map((id) => memory.has(id)))).toEqual([
      true,
      false,
      true,
    ]);
  });

  it('forgets in time', async () => {
    let now = time;
    const memory = createWebhookMemory({ now: () => now });
    await memory.add('a', time + 1000);
    expect(await memory.has('a')).toBe(true);
    now += 1000;
    expect(await memory.has('a')).toBe(false);
  });
});
