import assert from 'node:assert/strict';
import type { Transport, TransportMessage } from '../../transport/transport.ts';
import { casesOf, type TransportConformanceContext } from './case.ts';
import { assertArrived, bytes, messageOf, publish, upTo } from './given.ts';

/** Keys that a careless subject, pattern, path or query would take for something else. */
const oddKeys = [
  'a.b',
  'a..b',
  '.',
  '*',
  '>',
  'a.>',
  '#',
  'a b',
  ' a',
  'a ',
  'a/b',
  'a\\b',
  "a'b",
  'a"b',
  'a%2Fb',
  'a%b',
  'a+b',
  'a&b=c;d,e',
  'a\u00e9',
  'ae\u0301',
  '\u{1f600}',
  '\u202e',
  '__proto__',
  'constructor',
  '$SYS',
  'amq.gen',
  '{a}b',
  'a|b',
  'x'.repeat(600),
  '\u00e9'.repeat(600),
];

/** Keys that are easily made one: by case, by cleaning, by cutting, by normalization. */
const twinKeys = [
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

const oddTypes = [
  'a',
  'a.b.c.d.e.f',
  'Fraud.Review_Opened',
  'a-b',
  'a/b',
  'a:b',
  '*',
  '>',
  '#',
  'a..b',
  'x'.repeat(200),
];

const oddHeaders = {
  'content-type': 'application/cloudevents+json; charset=utf-8',
  'ce-subject': `'"\`\\%41%20{}[]()<>,;:=&#+~^|`,
  'ce-time': '2026-01-01T00:00:00.000Z',
  'x-empty': '',
  'x-number': '0123',
  'x-word': 'null',
  'x-base64': 'aGVsbG8=',
  'x-long': 'y'.repeat(1_000),
  x_underscore: '1',
  constructor: 'constructor',
};

/** Publishes the messages together; each must arrive as it was. */
async function roundTrip(
  { transport, arrivals }: TransportConformanceContext,
  messages: readonly TransportMessage[],
): Promise<void> {
  const seen = await arrivals();
  await publish(transport, ...messages);
  assertArrived(await seen.until(messages), messages);
}

async function refusal(transport: Transport, message: TransportMessage): Promise<string> {
  const [result] = await transport.publish([message]);
  assert.equal(result?.status, 'refused');
  return result?.status === 'refused' ? result.reason : '';
}

export const payloadCases = [
  ...casesOf('large and odd payloads', ['arrivals'], {
    'an empty body arrives empty': (context) =>
      roundTrip(context, [messageOf(1, { body: new Uint8Array() })]),

    'bytes of every value arrive as they are': (context) =>
      roundTrip(context, [
        messageOf(1, { body: bytes(256) }),
        messageOf(2, { body: bytes(256).toReversed() }),
        messageOf(3, { body: Uint8Array.of(0) }),
        messageOf(4, { body: Uint8Array.of(0xff, 0xfe, 0xc0, 0x80, 0x0d, 0x0a) }),
      ]),

    'a body that is a window on a larger buffer arrives without what is around it': (context) =>
      roundTrip(context, [messageOf(1, { body: bytes(1_000).subarray(300, 310) })]),

    'every key arrives as it is': (context) =>
      roundTrip(
        context,
        oddKeys.map((key, index) => messageOf(index, { key })),
      ),

    'keys that look alike are different keys': async (context) => {
      // Sequences fall from key to key: who takes two keys for one sees a stale writer.
      const messages = twinKeys.map((key, index) =>
        messageOf(index, { key, sequence: twinKeys.length - index }),
      );
      const seen = await context.arrivals();
      for (const message of messages) await publish(context.transport, message);
      assertArrived(await seen.until(messages), messages);
    },

    'every type arrives as it is': (context) =>
      roundTrip(
        context,
        oddTypes.map((type, index) => messageOf(index, { type })),
      ),

    'every id arrives as it is': (context) =>
      roundTrip(
        context,
        [`!"#$%&'()*+,-./:;<=>?@[\\]^_\`{|}~`, '0', 'null', '__proto__', 'x'.repeat(200)].map(
          (id, index) => messageOf(index, { id }),
        ),
      ),

    'every sequence arrives as it is': (context) =>
      roundTrip(
        context,
        [1, 2 ** 31, 2 ** 32 + 1, Number.MAX_SAFE_INTEGER, undefined].map((sequence, index) =>
          messageOf(index, { sequence }),
        ),
      ),

    'every header arrives as it is': (context) =>
      roundTrip(context, [messageOf(1, { headers: oddHeaders })]),

    'a message without headers arrives without headers': (context) =>
      roundTrip(context, [messageOf(1, { headers: {} })]),

    'thirty headers arrive': (context) => {
      const headers = upTo(30).map((number) => [`x-header-${number}`, `value ${number}`]);
      return roundTrip(context, [messageOf(1, { headers: Object.fromEntries(headers) })]);
    },
  }),

  ...casesOf('large and odd payloads', ['arrivals', 'reachableLimit'], {
    'a body of exactly the largest size arrives': (context) => {
      const { maximumBodyBytes } = context.transport.features;
      return roundTrip(context, [messageOf(1, { body: bytes(maximumBodyBytes) })]);
    },

    'a batch of bodies of the largest size arrives': (context) => {
      const body = bytes(context.transport.features.maximumBodyBytes);
      return roundTrip(
        context,
        upTo(3).map((number) => messageOf(number, { body })),
      );
    },
  }),

  ...casesOf('large and odd payloads', ['reachableLimit'], {
    'a body of one byte more is refused, with a reason that does not repeat it': async ({
      transport,
    }) => {
      const body = new Uint8Array(transport.features.maximumBodyBytes + 1).fill(0x61);
      const reason = await refusal(transport, messageOf(1, { body }));
      assert.notEqual(reason, '');
      assert.ok(!reason.includes('aaaaaaaa'), 'the reason does not hold the body');
      // And the transport goes on.
      await publish(transport, messageOf(2));
    },
  }),
];
