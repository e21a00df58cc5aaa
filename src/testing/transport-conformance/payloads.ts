import assert from 'node:assert/strict';
import type { Transport, TransportMessage } from '../../transport/transport.ts';
import { casesOf, type TransportConformanceContext } from './case.ts';
import { assertArrived, bytes, messageOf, publish, twinKeys, upTo } from './given.ts';

/** Keys with a special meaning in subjects, patterns, paths or queries. */
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

/** Values that clients tend to split, normalize or parse as numbers. */
const finickyHeaders = {
  'x-list': 'a, b',
  'x-list-bare': 'a,b,,c',
  'x-semicolons': 'a; b=c',
  'x-case': 'Some Text IN Mixed Case',
  'x-inner-blanks': 'a   b',
  'x-colon': 'x-colon: value',
  'x-float': '1.0',
  'x-exponent': '1e3',
  'x-big': '12345678901234567890',
  'x-true': 'true',
  'x-json': '{"a":[1,2]}',
  'x-equals': '==',
  'x-hash': '#a',
};

/** Publishes the messages in one batch. Each must arrive unchanged. */
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
  ...casesOf('large and unusual payloads', ['arrivals'], {
    'an empty body arrives empty': (context) =>
      roundTrip(context, [messageOf(1, { body: new Uint8Array() })]),

    'bytes of every value arrive unchanged': (context) =>
      roundTrip(context, [
        messageOf(1, { body: bytes(256) }),
        messageOf(2, { body: bytes(256).toReversed() }),
        messageOf(3, { body: Uint8Array.of(0) }),
        messageOf(4, { body: Uint8Array.of(0xff, 0xfe, 0xc0, 0x80, 0x0d, 0x0a) }),
      ]),

    'a body that begins with a byte order mark keeps it': (context) =>
      roundTrip(context, [
        messageOf(1, { body: Buffer.from('\ufeff{"number":1}') }),
        messageOf(2, { body: Uint8Array.of(0xef, 0xbb, 0xbf) }),
        messageOf(3, { body: Uint8Array.of(0xfe, 0xff, 0x00, 0x61) }),
      ]),

    'a body that is a view of a larger buffer arrives without the rest of the buffer': (context) =>
      roundTrip(context, [messageOf(1, { body: bytes(1_000).subarray(300, 310) })]),

    'every key arrives unchanged': (context) =>
      roundTrip(
        context,
        oddKeys.map((key, index) => messageOf(index, { key })),
      ),

    'keys that look alike are different keys': async (context) => {
      // Sequences fall from key to key: an adapter that confuses two keys sees a stale writer.
      const messages = twinKeys.map((key, index) =>
        messageOf(index, { key, sequence: twinKeys.length - index }),
      );
      const seen = await context.arrivals();
      for (const message of messages) await publish(context.transport, message);
      assertArrived(await seen.until(messages), messages);
    },

    'every type arrives unchanged': (context) =>
      roundTrip(
        context,
        oddTypes.map((type, index) => messageOf(index, { type })),
      ),

    'every id arrives unchanged': (context) =>
      roundTrip(
        context,
        [`!"#$%&'()*+,-./:;<=>?@[\\]^_\`{|}~`, '0', 'null', '__proto__', 'x'.repeat(200)].map(
          (id, index) => messageOf(index, { id }),
        ),
      ),

    'every sequence arrives unchanged': (context) =>
      roundTrip(
        context,
        [0, 1, 2 ** 31, 2 ** 32 + 1, Number.MAX_SAFE_INTEGER, undefined].map((sequence, index) =>
          messageOf(index, { sequence }),
        ),
      ),

    'every header arrives unchanged': (context) =>
      roundTrip(context, [messageOf(1, { headers: oddHeaders })]),

    'a message without headers arrives without headers': (context) =>
      roundTrip(context, [messageOf(1, { headers: {} })]),

    'forty headers arrive': (context) => {
      const headers = upTo(40).map((number) => [`x-header-${number}`, `value ${number}`]);
      return roundTrip(context, [messageOf(1, { headers: Object.fromEntries(headers) })]);
    },

    'a header of 4 KB arrives whole': (context) =>
      roundTrip(context, [messageOf(1, { headers: { 'x-long': `${'y'.repeat(4_095)}z` } })]),

    'header values keep their leading and trailing spaces': (context) =>
      roundTrip(context, [
        messageOf(1, { headers: { 'x-before': ' a', 'x-after': 'a ', 'x-plain': 'a' } }),
        messageOf(2, { headers: { 'x-both': '  a%20b  ', 'x-blank': ' ' } }),
      ]),

    'header values are not split, merged, folded or changed in case': (context) =>
      roundTrip(context, [messageOf(1, { headers: finickyHeaders })]),

    'a message without a key and one without a type both arrive': (context) =>
      roundTrip(context, [
        messageOf(1, { key: '', sequence: undefined }),
        messageOf(2, { type: '' }),
        messageOf(3, { key: '', type: '', sequence: undefined, headers: {} }),
      ]),
  }),

  ...casesOf('large and unusual payloads', ['arrivals', 'reachableLimit'], {
    'a body of exactly the largest size arrives': (context) => {
      const { maximumBodyBytes } = context.transport.features;
      return roundTrip(context, [messageOf(1, { body: bytes(maximumBodyBytes) })]);
    },

    'a body of the largest size arrives with eight kilobytes of headers': (context) => {
      const many = upTo(40).map((number) => [`x-header-${number}`, 'y'.repeat(100)]);
      const headers = {
        ...messageOf(1).headers,
        ...Object.fromEntries(many),
        'x-long': 'z'.repeat(4_096),
      };
      const body = bytes(context.transport.features.maximumBodyBytes);
      return roundTrip(context, [messageOf(1, { headers, body })]);
    },

    'a batch of bodies of the largest size arrives': (context) => {
      const body = bytes(context.transport.features.maximumBodyBytes);
      return roundTrip(
        context,
        upTo(3).map((number) => messageOf(number, { body })),
      );
    },
  }),

  ...casesOf('large and unusual payloads', ['reachableLimit'], {
    'a body one byte larger is refused, with a reason that does not repeat it': async ({
      transport,
      within,
    }) => {
      const body = new Uint8Array(transport.features.maximumBodyBytes + 1).fill(0x61);
      const refusing = refusal(transport, messageOf(1, { body }));
      const reason = await within('`publish` settles', refusing);
      assert.notEqual(reason, '');
      assert.ok(!reason.includes('aaaaaaaa'), 'the reason does not contain the body');
      // The transport still works.
      await publish(transport, messageOf(2));
    },
  }),
];
