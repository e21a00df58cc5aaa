import { describe, expect, it } from 'vitest';
import { onTerms, paid, place } from './commands.ts';

// What a command may say in words, and what it may name.

const held = (note: string) => ({ type: 'order.hold', reason: 'fraud', note });
const invalid = expect.objectContaining({ code: 'invalidCommand' });

describe('a note', () => {
  it('is any text, of any alphabet and over several lines', () => {
    const note = 'Tür 3,\n東京 \u{1f4e6} \t';
    const outcome = paid.given(place()).when(held(note));
    expect(outcome.harness.events.at(-1)?.data).toEqual({ reason: 'fraud', note });
  });

  it.each([
    ['half of a pair', 'a\ud83d'],
    ['NUL', 'a\0b'],
    ['more than 2,000 characters', 'a'.repeat(2_001)],
  ])('is not %s', (_, note) => {
    const { harness } = paid.given(place()).when();
    expect(() => harness.execute(held(note))).toThrow(invalid);
  });
});

it('a command names each line once', () => {
  const { harness } = onTerms.given(place()).when();
  const one = { lineId: 'a', units: 1 };
  const dispatch = { type: 'shipment.dispatch', shipmentId: 's1', lines: [one, one] };
  expect(() => harness.execute(dispatch)).toThrow(invalid);
});

describe('an id', () => {
  const holds = (reason: string) => () =>
    paid.given(place()).when().harness.execute({ type: 'order.hold', reason });

  it.each(['a', 'Ä 東京', 'a b', 'a'.repeat(128)])('may be %s', (reason) => {
    expect(holds(reason)()).toMatchObject({ status: 'accepted' });
  });

  it.each(['', ' a', 'a ', 'a\nb', '\ud83d', '__proto__', 'constructor', 'a'.repeat(129)])(
    'may not be %j',
    (reason) => {
      expect(holds(reason)).toThrow(invalid);
    },
  );
});
