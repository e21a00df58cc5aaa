import fc from 'fast-check';
import {
  type JsonValue,
  type MapAnswer,
  type OrderCommand,
  parseCloudEvent,
  parseJsonBody,
  type TransportMessage,
} from 'orderchart';
import { expect, it } from 'vitest';
import { jsonValue } from '../transport/given-events.ts';
import { scriptedTransport } from '../transport/scripted-transport.ts';
import { contentsOf } from './kit.ts';
import { receiving } from './receive-kit.ts';

const odd = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 300 }),
  fc.constantFrom(
    '',
    '__proto__',
    'constructor',
    '\0',
    '\ud800',
    'a'.repeat(700),
    '../..',
    "'; --",
  ),
);

const body = fc.oneof(
  fc.uint8Array({ maxLength: 100 }),
  fc.json().map((text) => new TextEncoder().encode(text)),
  fc
    .record({
      type: fc.constantFrom('order.place', 'order.annotate', 'payment.report'),
      orderId: odd,
    })
    .map((command) => new TextEncoder().encode(JSON.stringify(command))),
);

const anyMessage: fc.Arbitrary<TransportMessage> = fc.record({
  id: odd,
  key: odd,
  type: odd,
  sequence: fc.option(fc.double(), { nil: undefined }),
  headers: fc.dictionary(
    fc.oneof(odd, fc.constantFrom('traceparent', 'ce-traceparent', 'ce-id', 'content-type')),
    odd,
  ),
  body,
});

it('whatever comes in is dealt with, and changes nothing that it may not', async () => {
  const graveyard = scriptedTransport('graveyard');
  const { engine, transport, store } = await receiving({
    deadLetter: graveyard,
    map: (message) => parseJsonBody(message) as MapAnswer<OrderCommand>,
  });
  const before = await contentsOf(store);
  let count = 0;
  await fc.assert(
    fc.asyncProperty(anyMessage, async (message) => {
      const handed = transport.deliver(message);
      await engine.idle();
      count += 1;
      expect(handed.outcome).toBe('acked');
      expect(await contentsOf(store)).toEqual(before);
    }),
    { numRuns: 300 },
  );
  const { messagesReceived, messagesDeadLettered, messagesIgnored } = engine.stats();
  expect(messagesReceived).toBe(count);
  expect(messagesDeadLettered + messagesIgnored).toBe(count);
  for (const { id, headers } of graveyard.published) {
    expect(id).toMatch(/^[\x21-\x7e]{1,200}$/);
    for (const value of Object.values(headers)) expect(value).toMatch(/^[\x20-\x7e]*$/);
  }
});

it('whatever map answers is executed, ignored or a dead letter', async () => {
  const answer = fc.oneof(
    jsonValue,
    fc.anything(),
    fc.record({ commands: fc.anything(), tenantId: fc.anything(), actor: fc.anything() }),
  );
  let next: unknown;
  const { engine, deliver, letters } = await receiving({
    map: () => next as MapAnswer<OrderCommand>,
  });
  let count = 0;
  await fc.assert(
    fc.asyncProperty(answer, async (value) => {
      next = value;
      count += 1;
      const handed = deliver(`message-${count}`, null satisfies JsonValue);
      await engine.idle();
      expect(handed.outcome).toBe('acked');
    }),
    { numRuns: 300 },
  );
  expect(engine.stats().events).toBe(0);
  expect(engine.stats().messagesIgnored + letters.length).toBe(count);
});

it('an event that only pretends to be one is refused by its own parser', async () => {
  const { engine, transport, letters } = await receiving({
    map: (message) => void parseCloudEvent(message),
  });
  await fc.assert(
    fc.asyncProperty(anyMessage, async (message) => {
      const handed = transport.deliver({ ...message, id: 'x' });
      await engine.idle();
      expect(handed.outcome).toBe('acked');
    }),
    { numRuns: 300 },
  );
  for (const { reason } of letters) expect(reason).toBe('messageInvalid');
});
