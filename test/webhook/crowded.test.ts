import { type WebhookReceiverOptions, webhookRefusals } from 'orderchart/webhook';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { shareOf } from '../../src/webhook/receiver/address.ts';
import { messageOf, otherSecret, secret, time } from './kit.ts';
import { receiving } from './receiver-kit.ts';
import { signed } from './vector.ts';

// Strangers who look like senders until their bodies are there. Time is moved by hand.

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'] });
});
afterEach(() => {
  vi.useRealTimers();
});

/** Lets all that is under way come to its end: nothing here waits for more than promises. */
async function settled(): Promise<void> {
  for (let round = 0; round < 5; round += 1) await new Promise((resolve) => setImmediate(resolve));
}

async function passes(durationMs: number): Promise<void> {
  await settled();
  vi.advanceTimersByTime(durationMs);
  await settled();
}

type Receiving = Awaited<ReturnType<typeof receiving>>;

/** A request whose body the test writes; `status` is `undefined` until it is answered. */
function begin(
  { receiver }: Receiving,
  address: string | undefined,
  number: number,
  { by = otherSecret, bytes = 1 } = {},
) {
  const message = messageOf(number);
  let stream: ReadableStreamDefaultController<Uint8Array> | undefined;
  const body = new ReadableStream<Uint8Array>({
    start: (controller) => {
      stream = controller;
    },
  });
  const request = new Request('https://shop.example/hooks', {
    method: 'POST',
    headers: signed(message, [by]),
    body,
    duplex: 'half',
  } as RequestInit);
  const begun = {
    status: undefined as number | undefined,
    reason: '',
    write: (count: number) => stream?.enqueue(new Uint8Array(count)),
    finish: () => {
      stream?.enqueue(message.body);
      stream?.close();
    },
  };
  void receiver.fetch(request, { address }).then(async (response) => {
    begun.reason = await response.text();
    begun.status = response.status;
  });
  if (bytes > 0) begun.write(bytes);
  return begun;
}

/** A sender of ours: its whole request is there at once. */
async function honest(receiver: Receiving, address: string | undefined, number: number) {
  const sending = begin(receiver, address, number, { by: secret, bytes: 0 });
  sending.finish();
  await settled();
  return sending.status;
}

const crowd = (receiver: Receiving, count: number, addressOf = (_: number) => '192.0.2.1') =>
  Array.from({ length: count }, (_, index) => begin(receiver, addressOf(index), 1000 + index));

const limits: Partial<WebhookReceiverOptions> = {
  maximumReadingRequests: 20,
  minimumBodyBytesPerSecond: 0,
};

describe('when as many bodies are read as may be', () => {
  it('the address that has the most makes room for others, at once', async () => {
    const receiver = await receiving(limits);
    const slow = crowd(receiver, 30);
    await settled();
    expect(slow.filter(({ reason }) => reason === 'overloaded')).toHaveLength(10);
    for (let number = 0; number < 30; number += 1) {
      expect(await honest(receiver, `198.51.100.${number}`, number)).toBe(204);
    }
    // One had to go, and its place was free again after each of the others.
    expect(slow.filter(({ reason }) => reason === 'crowdedOut')).toHaveLength(1);
    expect(receiver.receiver.stats()).toMatchObject({
      acked: 30,
      reading: 19,
      refused: { overloaded: 10, crowdedOut: 1 },
    });
  });

  it('those that hold as much as the newcomer would are left alone', async () => {
    const receiver = await receiving({ ...limits, maximumReadingRequests: 4 });
    const first = crowd(receiver, 4, (index) => `192.0.2.${index % 2}`);
    const third = begin(receiver, '192.0.2.3', 1);
    const fourth = begin(receiver, '192.0.2.4', 2);
    const fifth = begin(receiver, '192.0.2.5', 3);
    await settled();
    expect(first.map(({ reason }) => reason)).toEqual(['crowdedOut', 'crowdedOut', '', '']);
    expect([third.status, fourth.status, fifth.reason]).toEqual([
      undefined,
      undefined,
      'overloaded',
    ]);
  });

  it.each([
    ['one address, as behind a proxy', () => '192.0.2.1'],
    ['addresses that nobody knows', () => undefined],
    ['an address each', (index: number) => `192.0.2.${index}`],
  ] as const)('of %s, whoever had the time of grace makes room', async (_, addressOf) => {
    const receiver = await receiving(limits);
    const address = (index: number) => addressOf(index) as string;
    const slow = crowd(receiver, 20, address);
    await settled();
    expect(await honest(receiver, address(0), 1)).toBe(503);
    await passes(2_000);
    for (let number = 0; number < 30; number += 1) {
      expect(await honest(receiver, address(number), number)).toBe(204);
    }
    expect(slow.map(({ reason }) => reason)).toEqual(['crowdedOut', ...Array(19).fill('')]);
  });

  it('whoever makes room is told to come again, on another connection', async () => {
    const receiver = await receiving({ ...limits, maximumReadingRequests: 1 });
    const [slow] = crowd(receiver, 1);
    await passes(2_000);
    expect(await honest(receiver, '198.51.100.1', 1)).toBe(204);
    expect(slow?.status).toBe(webhookRefusals.crowdedOut);
    expect(receiver.refused).toEqual(['503 crowdedOut -']);
  });
});

describe('when as many bytes are held as may be', () => {
  const bytes = { maximumBodyBytes: 100_000, maximumReadingBytes: 500_000 };

  it('whoever holds the most makes room, and what is held stays within the bound', async () => {
    const receiver = await receiving({ ...limits, ...bytes });
    const slow = crowd(receiver, 10);
    for (let round = 0; round < 9; round += 1) {
      for (const one of slow) if (one.status === undefined) one.write(10_000);
      await settled();
      expect(receiver.receiver.stats().readingBytes).toBeLessThanOrEqual(500_000);
    }
    for (let number = 0; number < 10; number += 1) {
      expect(await honest(receiver, `198.51.100.${number}`, number)).toBe(204);
    }
  });

  it('a body that comes byte by byte holds no more than one that comes at once', async () => {
    const receiver = await receiving({ ...limits, ...bytes });
    const [slow] = crowd(receiver, 1);
    for (let count = 0; count < 50_000; count += 1) slow?.write(1);
    await settled();
    expect(receiver.receiver.stats().readingBytes).toBeLessThan(2 * 50_000 + 10_000);
    slow?.finish();
    await settled();
    expect(receiver.receiver.stats()).toMatchObject({ reading: 0, readingBytes: 0 });
  });

  it('messages in hand count too: more are asked for later, before they are read', async () => {
    const receiver = await receiving(
      { maximumBodyBytes: 100_000, maximumInFlightBytes: 180_000 },
      { handle: () => undefined, maximumInFlight: 1_000 },
    );
    const large = (number: number) => {
      const message = messageOf(number, { body: Buffer.alloc(99_000) });
      return receiver.receiver.fetch(
        new Request('https://shop.example/hooks', {
          method: 'POST',
          headers: signed(message),
          body: Buffer.from(message.body),
        }),
      );
    };
    const first = large(1);
    await settled();
    expect((await large(2)).status).toBe(503);
    expect(receiver.refused).toEqual(['503 overloaded message-2']);
    const { inFlight, inFlightBytes } = receiver.receiver.stats();
    expect(inFlight).toBe(1);
    expect(inFlightBytes).toBeGreaterThan(99_000);
    await receiver.deliveries[0]?.ack();
    expect((await first).status).toBe(204);
    expect(receiver.receiver.stats()).toMatchObject({ inFlight: 0, inFlightBytes: 0 });
  });
});

describe('a body that comes too slowly', () => {
  it('is given up when it stays below the least rate after its time of grace', async () => {
    const receiver = await receiving({ minimumBodyBytesPerSecond: 100, bodyTimeoutMs: 60_000 });
    const slow = begin(receiver, '192.0.2.1', 1, { bytes: 199 });
    const steady = begin(receiver, '192.0.2.1', 2, { by: secret, bytes: 0 });
    steady.write(200);
    await passes(1_999);
    expect([slow.status, steady.status]).toEqual([undefined, undefined]);
    await passes(1);
    expect([slow.reason, steady.reason]).toEqual(['bodyTooSlow', '']);
    steady.write(199);
    await passes(2_000);
    expect(steady.reason).toBe('bodyTooSlow');
    expect(receiver.receiver.stats()).toMatchObject({ reading: 0, readingBytes: 0 });
  });

  it('is given up when its time is over, whatever its rate', async () => {
    const receiver = await receiving({ bodyTimeoutMs: 3_000, maximumBodyBytes: 1_000_000 });
    const quick = begin(receiver, '192.0.2.1', 1, { bytes: 500_000 });
    await passes(2_999);
    expect(quick.status).toBeUndefined();
    await passes(1);
    expect(quick.reason).toBe('bodyTooSlow');
  });
});

describe('before a body is read', () => {
  const request = (headers: Readonly<Record<string, string>>) =>
    new Request('https://shop.example/hooks', {
      method: 'POST',
      headers,
      // Nobody ever writes to it.
      body: new ReadableStream(),
      duplex: 'half',
    } as RequestInit);

  it.each([
    ['no signature', 401, { 'webhook-signature': '' }],
    ['a signature that can be none, by its length', 401, { 'webhook-signature': 'v1,c2hvcnQ=' }],
    ['more signatures than any sender has', 401, { 'webhook-signature': 'v1,x '.repeat(17) }],
    ['an id that could be read in two ways', 401, { 'webhook-id': 'a.1767225600' }],
    ['a time that is over', 401, { 'webhook-timestamp': String(time / 1000 - 301) }],
    ['a time that is to come', 401, { 'webhook-timestamp': String(time / 1000 + 301) }],
    ['a length that is too much', 413, { 'content-length': '2000000' }],
    ['an encoding', 415, { 'content-encoding': 'gzip' }],
    ['an encoding behind none', 415, { 'content-encoding': 'identity, gzip' }],
  ])('%s is refused', async (_, status, headers) => {
    const { receiver } = await receiving();
    const response = await receiver.fetch(request({ ...signed(), ...headers }));
    expect(response.status).toBe(status);
    expect(receiver.stats()).toMatchObject({ requests: 1, reading: 0, readingBytes: 0 });
  });
});

it('closing answers those whose bodies are being read, and leaves no timer', async () => {
  const receiver = await receiving();
  const slow = crowd(receiver, 3);
  await settled();
  await receiver.receiver.close();
  await settled();
  expect(slow.map(({ reason }) => reason)).toEqual(Array(3).fill('notConsuming'));
  expect(vi.getTimerCount()).toBe(0);
});

it.each([
  ['203.0.113.7', '203.0.113.7'],
  ['::ffff:203.0.113.7', '203.0.113.7'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:DB8:1:2::9', '2001:db8:1:2::/64'],
  ['2001:0db8:0001:0002:ffff::', '2001:db8:1:2::/64'],
  ['1::2:3:4:5:6:7', '1:0:2:3::/64'],
  ['::1', '0:0:0:0::/64'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  ['64:ff9b::192.0.2.1', '64:ff9b:0:0::/64'],
  ['tenant-7', 'tenant-7'],
  ['', 'unknown'],
  [undefined, 'unknown'],
])('the address %s counts to %s', (address, share) => {
  expect(shareOf(address)).toBe(share);
});
