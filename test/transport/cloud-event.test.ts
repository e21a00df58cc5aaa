import fc from 'fast-check';
import {
  type CloudEvent,
  cloudEventMessage,
  isOrderchartError,
  parseCloudEvent,
  parseJsonBody,
} from 'orderchart';
import { describe, expect, it } from 'vitest';
import { instant, jsonValue, messageId, modes, refusalOf, wellFormed } from './given-events.ts';

function binary(headers: Record<string, string>, body: string | Uint8Array = '{}') {
  const bytes = typeof body === 'string' ? new TextEncoder().encode(body) : body;
  return {
    headers: {
      'ce-specversion': '1.0',
      'ce-id': '1',
      'ce-source': '/s',
      'ce-type': 't',
      'content-type': 'application/json',
      ...headers,
    },
    body: bytes,
  };
}

function structured(envelope: Record<string, unknown> | string) {
  const text = typeof envelope === 'string' ? envelope : JSON.stringify(envelope);
  return {
    headers: { 'content-type': 'application/cloudevents+json; charset=UTF-8' },
    body: new TextEncoder().encode(text),
  };
}

const least = { specversion: '1.0', id: '1', source: '/s', type: 't' };

describe('any CloudEvent', () => {
  const fitText = wellFormed.map((text) => text.replaceAll(/\p{Cc}/gu, '')).filter(Boolean);
  const anyEvent: fc.Arbitrary<CloudEvent> = fc.record({
    id: messageId,
    source: fitText,
    type: fitText,
    subject: fc.option(fitText, { nil: undefined }),
    time: fc
      .option(instant, { nil: undefined })
      .map((time) => (time === undefined ? undefined : new Date(time).toISOString())),
    dataschema: fc.option(fitText, { nil: undefined }),
    extensions: fc.dictionary(fc.stringMatching(/^x[a-z0-9]{0,19}$/), fitText),
    data: fc.oneof(jsonValue, fc.constant(undefined)),
  });

  it.each(modes)('comes back in %s mode', (mode) => {
    fc.assert(
      fc.property(anyEvent, (event) => {
        const datacontenttype = event.data === undefined ? undefined : 'application/json';
        expect(parseCloudEvent(cloudEventMessage(event, { mode }))).toEqual({
          ...event,
          datacontenttype,
        });
      }),
    );
  });

  it.each(modes)('carries bytes in %s mode', (mode) => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1 }), (data) => {
        const event = {
          id: '1',
          source: '/s',
          type: 't',
          datacontenttype: 'image/png',
          extensions: {},
          data,
        };
        const read = parseCloudEvent(cloudEventMessage(event, { mode }));
        expect([...(read.data as Uint8Array)]).toEqual([...data]);
      }),
    );
  });

  it('reads headers by the examples of section 3.1.3.2', () => {
    const read = (value: string) => parseCloudEvent(binary({ 'ce-subject': value })).subject;
    expect(read('Euro%20%E2%82%AC%20%F0%9F%98%80')).toBe('Euro € 😀');
    expect(read('%e2%82%ac')).toBe('€');
    expect(read('%41')).toBe('A');
    expect(read('"an \\"old\\" way%21"')).toBe('an "old" way!');
    const written = cloudEventMessage({
      id: '1',
      source: '/s',
      type: 't',
      subject: 'Euro € 😀',
      extensions: {},
      data: undefined,
    });
    expect(written.headers['ce-subject']).toBe('Euro%20%E2%82%AC%20%F0%9F%98%80');
  });

  it('reads the integers, booleans and nulls of the JSON format', () => {
    const envelope = { ...least, count: 7, isnew: true, subject: null, data: [1] };
    expect(parseCloudEvent(structured(envelope))).toMatchObject({
      subject: undefined,
      extensions: { count: '7', isnew: 'true' },
      data: [1],
    });
  });

  it('reads data by its media type', () => {
    const media = (type: string, body: string) =>
      parseCloudEvent(binary({ 'content-type': type }, body)).data;
    expect(media('application/vnd.order+json; charset=utf-8', '{"a":1}')).toEqual({ a: 1 });
    expect(media('text/plain', 'hello')).toEqual(new TextEncoder().encode('hello'));
    const encoded = Buffer.from('{"a":1}').toString('base64');
    expect(
      parseCloudEvent(
        structured({ ...least, datacontenttype: 'application/json', data_base64: encoded }),
      ).data,
    ).toEqual({ a: 1 });
  });

  it.each<[string, () => unknown]>([
    ['no event at all', () => parseCloudEvent({ headers: {}, body: new Uint8Array(0) })],
    ['another version', () => parseCloudEvent(binary({ 'ce-specversion': '0.3' }))],
    ['no id', () => parseCloudEvent(structured({ ...least, id: undefined }))],
    ['an empty type', () => parseCloudEvent(binary({ 'ce-type': '' }))],
    ['a name with a dash', () => parseCloudEvent(binary({ 'ce-my-name': 'secret' }))],
    ['an overlong encoding', () => parseCloudEvent(binary({ 'ce-subject': '%C0%A0secret' }))],
    ['a stray percent sign', () => parseCloudEvent(binary({ 'ce-subject': '100% secret' }))],
    ['an open quote', () => parseCloudEvent(binary({ 'ce-subject': '"secret' }))],
    ['a control character', () => parseCloudEvent(binary({ 'ce-subject': 'secret%00' }))],
    ['a time that is none', () => parseCloudEvent(binary({ 'ce-time': 'secret' }))],
    ['a month that is none', () => parseCloudEvent(binary({ 'ce-time': '2026-13-01T00:00:00Z' }))],
    ['broken JSON', () => parseCloudEvent(binary({}, '{"secret":'))],
    [
      'bytes that are not UTF-8',
      () => parseCloudEvent(binary({}, new Uint8Array([0x22, 0xff, 0x22]))),
    ],
    ['half a character', () => parseCloudEvent(binary({}, '"secret\\ud800"'))],
    ['a key for the prototype', () => parseCloudEvent(binary({}, '{"__proto__":{"secret":1}}'))],
    [
      '100,000 arrays within each other',
      () => parseCloudEvent(binary({}, '['.repeat(100_000) + ']'.repeat(100_000))),
    ],
    [
      '65 objects within each other',
      () => parseJsonBody(binary({}, `${'{"a":'.repeat(65)}1${'}'.repeat(65)}`)),
    ],
    ['a list for an envelope', () => parseCloudEvent(structured('[]'))],
    ['an object for an attribute', () => parseCloudEvent(structured({ ...least, subject: {} }))],
    ['a fraction for an attribute', () => parseCloudEvent(structured({ ...least, ratio: 0.5 }))],
    [
      'two kinds of data',
      () => parseCloudEvent(structured({ ...least, data: 1, data_base64: '' })),
    ],
    [
      'a batch',
      () =>
        parseCloudEvent({
          headers: { 'content-type': 'application/cloudevents-batch+json' },
          body: new Uint8Array(0),
        }),
    ],
  ])('is refused with %s, and the refusal tells nothing of what is in it', (_, work) => {
    const { code, message } = refusalOf(work);
    expect(code).toBe('messageInvalid');
    expect(message).not.toContain('secret');
  });

  it('is refused when it is too large, before it is read', () => {
    const large = binary({}, '{'.repeat(1_048_577));
    expect(refusalOf(() => parseCloudEvent(large)).code).toBe('messageTooLarge');
    expect(refusalOf(() => parseJsonBody(large)).code).toBe('messageTooLarge');
    const small = binary({}, '[1]');
    expect(refusalOf(() => parseCloudEvent(small, { maximumBodyBytes: 2 })).code).toBe(
      'messageTooLarge',
    );
    expect(parseCloudEvent(small, { maximumBodyBytes: 3, maximumDepth: 1 }).data).toEqual([1]);
  });

  it('is nothing but a typed refusal or an event, whatever comes in', () => {
    const anything = fc.record({
      headers: fc.dictionary(
        fc.oneof(
          fc.constantFrom('content-type', 'ce-id', 'ce-time', 'ce-specversion'),
          fc.string(),
        ),
        fc.oneof(
          fc.constantFrom('1.0', 'application/cloudevents+json'),
          fc.string({ unit: 'binary' }),
        ),
      ),
      body: fc.oneof(
        fc.uint8Array(),
        fc.json().map((text) => new TextEncoder().encode(text)),
      ),
    });
    fc.assert(
      fc.property(anything, (message) => {
        try {
          expect(parseCloudEvent(message).id).not.toBe('');
        } catch (error) {
          expect(isOrderchartError(error, 'messageInvalid')).toBe(true);
        }
      }),
    );
  });

  it.each<[string, Partial<CloudEvent>]>([
    ['an id with a space', { id: 'a b' }],
    ['an id of 201 characters', { id: 'a'.repeat(201) }],
    ['an empty source', { source: '' }],
    ['a lone surrogate', { subject: '\ud800' }],
    ['a line break', { extensions: { note: 'a\nb' } }],
    ['an extension with the name of an attribute', { extensions: { time: 'now' } }],
    ['an extension in capitals', { extensions: { Note: 'a' } }],
  ])('is not written with %s', (_, change) => {
    const event: CloudEvent = {
      id: '1',
      source: '/s',
      type: 't',
      extensions: {},
      data: 1,
      ...change,
    };
    for (const mode of modes) {
      expect(refusalOf(() => cloudEventMessage(event, { mode })).code).toBe('invalidArgument');
    }
  });
});
