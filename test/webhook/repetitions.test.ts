import { createHash, createHmac } from 'node:crypto';
import {
  createWebhookMemory,
  stripeWebhooks,
  type WebhookReceiverOptions,
} from 'orderchart/webhook';
import { describe, expect, it } from 'vitest';
import { eventually, memoryUsed, messageOf, otherSecret, secret, time } from './kit.ts';
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
    expect(refused).toEqual(['409 inFlight message-1']);
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

describe('an id is a word of its sender', () => {
  const secrets = { one: secret, other: otherSecret };

  /** A receiver of each sender, that share a memory. */
  async function shared(options: Partial<WebhookReceiverOptions> = {}) {
    const memory = createWebhookMemory({ now: () => time });
    const one = await receiving({ memory, secrets: [secrets.one], ...options });
    const other = await receiving({ memory, secrets: [secrets.other], ...options });
    return { one, other, memory };
  }

  const fromOther = { headers: signed(messageOf(1), [secrets.other]) };

  it('and another sender that uses it hides no message, in a memory that receivers share', async () => {
    const { one, other } = await shared();
    expect((await other.send(messageOf(1), fromOther)).status).toBe(204);
    expect((await one.send()).status).toBe(204);
    expect(one.deliveries).toHaveLength(1);
    expect((await one.send()).status).toBe(204);
    expect(one.deliveries).toHaveLength(1);
  });

  it('nor in one receiver that has the secrets of both', async () => {
    const { send, deliveries } = await receiving({ secrets: [secrets.one, secrets.other] });
    await send(messageOf(1), fromOther);
    expect((await send()).status).toBe(204);
    expect(deliveries).toHaveLength(2);
  });

  it('nor while it is in hand, nor in how often it was tried', async () => {
    const { send, deliveries } = await receiving(
      { secrets: [secrets.one, secrets.other] },
      { handle: () => undefined },
    );
    const first = send(messageOf(1), fromOther);
    await eventually('it is delivered', () => deliveries.length === 1);
    await deliveries[0]?.nack();
    expect((await first).status).toBe(500);
    const again = send(messageOf(1), fromOther);
    await eventually('it is delivered again', () => deliveries.length === 2);
    const own = send();
    await eventually('the other one is delivered', () => deliveries.length === 3);
    expect(deliveries.map(({ attempt }) => attempt)).toEqual([2, 3, 2]);
    for (const delivery of deliveries.slice(1)) await delivery.ack();
    expect([(await again).status, (await own).status]).toEqual([204, 204]);
  });

  it('and two endpoints of one sender, which have one secret, each get it', async () => {
    const memory = createWebhookMemory({ now: () => time });
    for (const name of ['payments', 'parcels']) {
      const { send, deliveries } = await receiving({ memory, name });
      expect((await send()).status).toBe(204);
      expect(deliveries).toHaveLength(1);
    }
  });

  it('by Stripe too', async () => {
    const stripeSecrets = ['whsec_of_one_account_00', 'whsec_of_another_account'];
    const memory = createWebhookMemory({ now: () => time });
    for (const text of stripeSecrets) {
      const receiver = await receiving({ memory, scheme: stripeWebhooks, secrets: [text] });
      const body = '{"id":"evt_1","type":"charge.captured"}';
      const seconds = time / 1000;
      const signature = createHmac('sha256', text).update(`${seconds}.${body}`).digest('hex');
      const headers = { 'stripe-signature': `t=${seconds},v1=${signature}` };
      for (let count = 0; count < 2; count += 1) {
        const how = { headers, body: Buffer.from(body) };
        expect((await receiver.send(messageOf(1), how)).status).toBe(204);
      }
      expect(receiver.deliveries).toHaveLength(1);
    }
  });

  it('while secrets are rotated it is the same message, whichever of them signed it', async () => {
    const memory = createWebhookMemory({ now: () => time });
    const steps = [
      [[secrets.one], [secrets.one]],
      [[secrets.one], [secrets.other, secrets.one]],
      [
        [secrets.one, secrets.other],
        [secrets.other, secrets.one],
      ],
    ] as const;
    const delivered: number[] = [];
    for (const [sender, receiver] of steps) {
      const { send, deliveries } = await receiving({ memory, secrets: receiver });
      const how = { headers: signed(messageOf(1), sender) };
      expect((await send(messageOf(1), how)).status).toBe(204);
      delivered.push(deliveries.length);
    }
    expect(delivered).toEqual([1, 0, 0]);
    // A message that came with both signatures is known by the new one alone.
    const last = await receiving({ memory, secrets: [secrets.other] });
    for (const sender of [[secrets.one, secrets.other], [secrets.other]]) {
      const message = messageOf(2);
      expect((await last.send(message, { headers: signed(message, sender) })).status).toBe(204);
    }
    expect(last.deliveries).toHaveLength(1);
  });

  it('a memory of the host sees neither ids nor secrets, and keys of one length', async () => {
    const keysOf = async (options: Partial<WebhookReceiverOptions>, id: string) => {
      const keys: string[] = [];
      const memory = {
        has: (key: string) => {
          keys.push(key);
          return false;
        },
        add: (key: string) => void keys.push(key),
      };
      const { send } = await receiving({ memory, ...options });
      expect((await send(messageOf(1, { id }))).status).toBe(204);
      return [...new Set(keys)];
    };
    const long = 'x'.repeat(200);
    const all = [
      await keysOf({}, 'message-1'),
      await keysOf({}, 'message-2'),
      await keysOf({}, long),
      await keysOf({ name: 'another' }, 'message-1'),
    ].flat();
    for (const key of all) {
      expect(key).toMatch(/^[\w-]{43}$/);
      expect(key).not.toMatch(/message-|xxxx|MfKQ9r8G/);
    }
    expect(new Set(all).size).toBe(4);
    // Another process with the same secret asks for the same.
    expect(await keysOf({}, 'message-1')).toEqual([all[0]]);
  });
});

describe('the memory within a process', () => {
  it('holds so many bytes, lets go of the oldest, and says so', async () => {
    const memory = createWebhookMemory({ maximumBytes: 1_200, now: () => time });
    const key = (id: string) => id.repeat(200);
    for (const id of ['a', 'b', 'a', 'c']) await memory.add(key(id), time + 1);
    expect(await Promise.all(['a', 'b', 'c'].map((id) => memory.has(key(id))))).toEqual([
      true,
      false,
      true,
    ]);
    expect(memory.stats?.()).toMatchObject({ keys: 2, forgottenEarly: 1 });
  });

  it('takes no more than it says, however many come', async () => {
    const memory = createWebhookMemory({ now: () => time });
    const before = memoryUsed();
    for (let number = 0; number < 180_000; number += 1) {
      // As a receiver names messages: 43 characters.
      const key = createHash('sha256').update(`${number}`).digest('base64url');
      void memory.add(key, time + 1);
    }
    const { bytes = 0, keys = 0, forgottenEarly } = memory.stats?.() ?? {};
    expect(bytes).toBeLessThanOrEqual(33_554_432);
    expect(keys).toBeGreaterThan(150_000);
    expect(forgottenEarly).toBe(180_000 - keys);
    expect(memoryUsed() - before).toBeLessThan(bytes);
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
