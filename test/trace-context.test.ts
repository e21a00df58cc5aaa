import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isTraceparent, isTracestate, traceOf } from '../src/trace-context.ts';

const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

describe('W3C Trace Context', () => {
  it.each([
    traceparent,
    '00-ffffffffffffffffffffffffffffffff-0000000000000001-00',
    'cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-ff',
  ])('takes the traceparent %s', (text) => {
    expect(isTraceparent(text)).toBe(true);
  });

  it.each([
    ['nothing', ''],
    ['the version that is none', 'ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'],
    ['a trace of zeros', '00-00000000000000000000000000000000-b7ad6b7169203331-01'],
    ['a parent of zeros', '00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01'],
    ['capitals', '00-0AF7651916CD43DD8448EB211C80319C-B7AD6B7169203331-01'],
    ['no flags', '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331'],
    ['a line break', `${traceparent}\n`],
    ['more behind it', `${traceparent}-00`],
  ])('takes no traceparent with %s', (_, text) => {
    expect(isTraceparent(text)).toBe(false);
  });

  it.each([
    'rojo=00f067aa0ba902b7',
    'a=1, b=2,\tc=3',
    'fw529a3039@dt=FfffffFfeF;x:y z!',
    'a/b-c_d*=1',
  ])('takes the tracestate %s', (text) => {
    expect(isTracestate(text)).toBe(true);
  });

  it.each([
    ['nothing', ''],
    ['no value', 'a'],
    ['an empty value', 'a='],
    ['two equal signs', 'a=b=c'],
    ['a key with a capital', 'rOjo=1'],
    ['a character beyond ASCII', 'a=ü'],
    ['a line break', 'a=1\nb=2'],
    ['33 members', Array.from({ length: 33 }, (__, index) => `a${index}=1`).join(',')],
    ['513 characters', `a=${'1'.repeat(255)},b=${'1'.repeat(254)}`.padEnd(513, ',')],
  ])('takes no tracestate with %s', (_, text) => {
    expect(isTracestate(text)).toBe(false);
  });

  it('passes on what is fine, and lets go of what is broken', () => {
    expect(traceOf(traceparent, 'a=1')).toEqual({ traceparent, tracestate: 'a=1' });
    expect(traceOf(traceparent, 'broken')).toEqual({ traceparent, tracestate: null });
    expect(traceOf(traceparent, undefined)).toEqual({ traceparent, tracestate: null });
    expect(traceOf('broken', 'a=1')).toBeNull();
    expect(traceOf(undefined, 'a=1')).toBeNull();
  });

  it('is quick about long texts', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, maxLength: 3 }), fc.nat(10_000), (part, count) => {
        const text = part.repeat(count);
        expect([true, false]).toContain(isTracestate(text) || isTraceparent(text));
      }),
    );
  });
});
