import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import type { PublishResult, Transport, TransportMessage } from '../../transport/transport.ts';

const utf8 = new TextEncoder();

/** A message with all fields that the engine sets. `number` distinguishes it within a case. */
export function messageOf(
  number: number,
  overrides: Partial<TransportMessage> = {},
): TransportMessage {
  const id = `message-${number}`;
  return {
    id,
    key: `tenant-1/order-${number}`,
    type: 'payment.captured',
    sequence: 1,
    headers: {
      'content-type': 'application/json',
      'ce-id': id,
      'ce-specversion': '1.0',
      traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
    },
    body: utf8.encode(`{"number":${number}}`),
    ...overrides,
  };
}

/** The messages `first` to `first + count - 1` of one key, by sequence. */
export function lane(key: string, count: number, first = 1): readonly TransportMessage[] {
  return upTo(count).map((index) =>
    messageOf(index, { id: `${key}#${first + index - 1}`, key, sequence: first + index - 1 }),
  );
}

/** Several lanes: `keyCount` keys with `count` messages each. */
export function lanes(keyCount: number, count: number): readonly (readonly TransportMessage[])[] {
  return upTo(keyCount).map((index) => lane(`key-${index}`, count));
}

/** Publishes a batch, and returns the status of each message. */
export async function statusesOf(
  transport: Transport,
  messages: readonly TransportMessage[],
): Promise<readonly string[]> {
  return (await transport.publish(messages)).map((result) => result.status);
}

/** Publishes a batch. Fails unless every message is published. */
export async function publish(
  transport: Transport,
  ...messages: readonly TransportMessage[]
): Promise<void> {
  const results = await transport.publish(messages);
  assert.deepEqual(
    results.map(describeResult),
    messages.map(() => 'published'),
  );
}

/** Publishes the messages one after the other, whatever their keys. */
export async function publishInTurn(
  transport: Transport,
  messages: readonly TransportMessage[],
): Promise<void> {
  for (const message of messages) await publish(transport, message);
}

/** Describes a result for the message of a failed case. */
function describeResult(result: PublishResult): string {
  if (result.status === 'published') return 'published';
  return result.status === 'refused' ? `refused: ${result.reason}` : `failed: ${result.error}`;
}

/** A comparable form of a message, whatever class of byte array its body has. */
export function plain(message: TransportMessage): object {
  const { id, key, type, sequence, headers, body } = message;
  assert.ok(body instanceof Uint8Array, 'the body is bytes');
  return { id, key, type, sequence, headers: { ...headers }, body: plainBody(body) };
}

function plainBody(body: Uint8Array): string {
  if (body.length <= 1_000) return Buffer.from(body).toString('hex');
  return `${body.length} bytes, SHA-256 ${createHash('sha256').update(body).digest('hex')}`;
}

/** Checks that exactly the expected messages arrived, with every field as it was published. */
export function assertArrived(
  arrived: readonly TransportMessage[],
  expected: readonly TransportMessage[],
): void {
  const firsts = firstsOf(arrived);
  const byId = new Map(firsts.map((message) => [message.id, message]));
  assert.deepEqual([...byId.keys()].sort(), expected.map(({ id }) => id).sort());
  for (const message of expected) {
    const found = byId.get(message.id);
    assert.ok(found, `${message.id} arrived`);
    assert.deepStrictEqual(plain(found), plain(message));
  }
  for (const message of arrived) {
    assert.deepStrictEqual(plain(message), plain(byId.get(message.id) ?? message));
  }
}

/** The first arrival of each message. */
export function firstsOf(arrived: readonly TransportMessage[]): readonly TransportMessage[] {
  const seen = new Set<string>();
  return arrived.filter(({ id }) => !seen.has(id) && seen.add(id));
}

/** Checks that the first arrivals of every key came in the order of their sequence. */
export function assertInOrder(arrived: readonly TransportMessage[]): void {
  for (const [key, messages] of Map.groupBy(firstsOf(arrived), (message) => message.key)) {
    const sequences = messages.map((message) => message.sequence ?? 0);
    const sorted = sequences.toSorted((one, other) => one - other);
    assert.deepEqual(sequences, sorted, `the messages of ${key} arrived in order`);
  }
}

/** Keys that an adapter may confuse: by case, sanitizing, truncation or normalization. */
export const twinKeys = [
  'a',
  'A',
  'a_b',
  'a-b',
  'a.b',
  'a b',
  'a/b',
  'a%20b',
  '\u00e9',
  'e\u0301',
  `${'x'.repeat(599)}1`,
  `${'x'.repeat(599)}2`,
];

/** Bytes that cycle through 0 to 255, so that a wrong encoding changes some of them. */
export function bytes(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, index) => index % 256);
}

/** The range from 1 to `count`. */
export function upTo(count: number): readonly number[] {
  return Array.from({ length: count }, (_, index) => index + 1);
}
