import canonicalize from 'canonicalize';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalJson } from '../../src/json/canonical.ts';
import { commandLimits, copyJson, fingerprintOf } from '../../src/json/copy.ts';
import type { JsonValue } from '../../src/order/values.ts';

describe('canonical JSON (RFC 8785)', () => {
  it('writes the example of section 3.2.2', () => {
    const value = JSON.parse(
      String.raw`{"numbers":[333333333.33333329,1E30,4.50,2e-3,0.000000000000000000000000001],"string":"\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/","literals":[null,true,false]}`,
    );
    expect(canonicalJson(value)).toBe(
      String.raw`{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\u000f\nA'B\"\\\\\"/"}`,
    );
  });

  it('sorts keys by UTF-16 code units, as in section 3.2.3', () => {
    const value = {
      '\u20ac': 'Euro Sign',
      '\r': 'Carriage Return',
      '\ufb33': 'Hebrew Letter Dalet With Dagesh',
      '1': 'One',
      '\ud83d\ude00': 'Emoji: Grinning Face',
      '\u0080': 'Control',
      '\u00f6': 'Latin Small Letter O With Diaeresis',
    };
    expect([...canonicalJson(value).matchAll(/:"(\w+)/g)].map(([, word]) => word)).toEqual([
      'Carriage',
      'One',
      'Control',
      'Latin',
      'Euro',
      'Emoji',
      'Hebrew',
    ]);
  });

  it('sorts keys that look like numbers as text', () => {
    expect(canonicalJson({ '9': 1, '10': 2, '!': 3 })).toBe('{"!":3,"10":2,"9":1}');
  });

  it('is JSON of the same value, whatever the order of the keys', () => {
    fc.assert(
      fc.property(jsonValues, (value) => {
        const text = canonicalJson(value);
        expect(JSON.parse(text)).toEqual(value);
        expect(canonicalJson(reversed(value))).toBe(text);
        expect(fingerprintOf(reversed(value))).toBe(fingerprintOf(value));
      }),
    );
  });

  it('is what another implementation of the standard writes', () => {
    fc.assert(
      fc.property(anyJson, (value) => {
        expect(canonicalJson(value)).toBe(canonicalize(value));
      }),
      { numRuns: 1_000 },
    );
  });

  it('fingerprints with SHA-256', () => {
    expect(fingerprintOf({})).toBe(
      '44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a',
    );
  });
});

describe('copyJson', () => {
  it('gives an equal copy that shares nothing', () => {
    fc.assert(
      fc.property(jsonValues, (value) => {
        expect(copyJson(value)).toEqual(value);
      }),
    );
    const source = { list: [{ deep: 1 }] };
    const copy = copyJson(source) as typeof source;
    source.list[0] = { deep: 2 };
    expect(copy).toEqual({ list: [{ deep: 1 }] });
  });

  it('leaves out properties that are undefined', () => {
    expect(copyJson({ a: undefined, b: 1 })).toEqual({ b: 1 });
    expect(Object.keys(copyJson({ a: undefined, b: 1 }) as object)).toEqual(['b']);
  });

  const cyclic: unknown[] = [];
  cyclic.push(cyclic);
  const wide = Array.from({ length: 10 }, () => 0).reduce<unknown>(
    (inner) => [inner, inner, inner, inner, inner],
    0,
  );
  it.each<[string, unknown]>([
    ['NaN', Number.NaN],
    ['an infinity', Number.NEGATIVE_INFINITY],
    ['-0', -0],
    ['2^53', 2 ** 53],
    ['1e300', 1e300],
    ['a bigint', 1n],
    ['a symbol', Symbol('x')],
    ['a function', () => 1],
    ['undefined in an array', [undefined]],
    ['a hole in an array', new Array(1)],
    ['a date', new Date(0)],
    ['a map', new Map()],
    ['a class instance', new (class Money {})()],
    ['an object with a prototype of its own', Object.create({ inherited: 1 })],
    ['NUL', 'a\0b'],
    ['NUL in a key', { 'a\0b': 1 }],
    ['a lone surrogate', '\ud800'],
    ['a lone surrogate in a key', { '\udfff': 1 }],
    ['an own __proto__', JSON.parse('{"a":{"__proto__":{"isAdmin":true}}}')],
    ['10,000 levels', JSON.parse('['.repeat(10_000) + ']'.repeat(10_000))],
    ['a cycle', cyclic],
    ['ten million values in few objects', wide],
    ['a string that is too long', 'x'.repeat(commandLimits.characters + 1)],
    [
      'a getter that throws',
      {
        get x() {
          throw new Error('no');
        },
      },
    ],
    [
      'a proxy that throws',
      new Proxy(
        {},
        {
          ownKeys: () => {
            throw new Error('no');
          },
        },
      ),
    ],
    ['a revoked proxy', revoked()],
  ])('refuses %s, typed', (_, value) => {
    const refused = expect.objectContaining({ code: 'invalidCommand' });
    expect(() => copyJson(value)).toThrow(refused);
    expect(() => copyJson({ metadata: { value } })).toThrow(refused);
  });

  it('says where', () => {
    expect(() => copyJson({ metadata: { list: [1, { x: Number.NaN }] } })).toThrow(
      "'metadata.list.1.x' of the command is NaN",
    );
  });

  it('never pollutes a prototype', () => {
    expect(() => copyJson(JSON.parse('{"__proto__":{"polluted":1}}'))).toThrow();
    expect(({} as { polluted?: number }).polluted).toBeUndefined();
  });
});

/** Any JSON in well-formed Unicode, with keys and numbers that are rare elsewhere. */
const anyJson: fc.Arbitrary<JsonValue> = fc
  .anything({
    key: fc.string({ unit: 'binary' }),
    values: [
      fc.string({ unit: 'binary' }),
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.integer(),
      fc.boolean(),
      fc.constant(null),
    ],
    maxDepth: 4,
  })
  .map((value) => value as JsonValue);

/** JSON that the engine takes: no -0, no integer beyond 2^53, no NUL, no `__proto__`. */
const jsonValues: fc.Arbitrary<JsonValue> = fc
  .jsonValue({ stringUnit: 'grapheme' })
  .map((value) => JSON.parse(JSON.stringify(value)) as JsonValue)
  .filter((value) => {
    const text = JSON.stringify(value);
    return (
      !text.includes('__proto__') &&
      !text.includes('\\u0000') &&
      !(text.match(/-?\d[\d.e+-]*/g) ?? []).some(
        (number) => Number.isInteger(Number(number)) && !Number.isSafeInteger(Number(number)),
      )
    );
  });

function reversed(value: JsonValue): JsonValue {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((element: JsonValue) => reversed(element));
  const entries = Object.entries(value).reverse();
  return Object.fromEntries(entries.map(([key, member]) => [key, reversed(member)]));
}

function revoked(): object {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}
