import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { jsonBytes } from '../../src/json/size.ts';
import type { JsonValue } from '../../src/order/values.ts';

const lengthOf = (value: unknown) => Buffer.byteLength(JSON.stringify(value));

function freeze(value: JsonValue): JsonValue {
  if (typeof value === 'object' && value !== null) Object.values(value).forEach(freeze);
  return Object.freeze(value);
}

describe('the length of JSON', () => {
  it('is that of the text, without writing it', () => {
    fc.assert(
      fc.property(fc.jsonValue({ stringUnit: 'binary' }), (value) => {
        expect(jsonBytes(value as JsonValue)).toBe(lengthOf(value));
      }),
      { numRuns: 1000 },
    );
  });

  it.each([
    ['quotes and control characters', '"\\\n\u0001'.repeat(100)],
    ['characters of two, three and four bytes', 'é€😀'.repeat(100)],
    ['nothing', {}],
    ['an empty list', []],
    ['what is left out', { gone: undefined, kept: 1 }],
    ['numbers', [0, -1, 1.5, 1e21, 9007199254740991]],
  ])('counts %s', (_, value) => {
    expect(jsonBytes(value as JsonValue)).toBe(lengthOf(value));
  });

  it('is the same when a part was measured before, and when another shares it', () => {
    const shared = freeze({ text: 'x'.repeat(5000) });
    const [one, other] = [freeze({ shared, more: 1 }), freeze([shared, shared])];
    for (const value of [one, other, one, shared]) expect(jsonBytes(value)).toBe(lengthOf(value));
  });

  it('is measured anew where a value may still change', () => {
    const value = { text: 'x'.repeat(5000) };
    jsonBytes(value);
    value.text = 'y';
    expect(jsonBytes(value)).toBe(lengthOf(value));
  });
});
