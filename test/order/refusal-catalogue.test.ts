import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { disputeReasons } from './refusals/disputes.ts';
import { families } from './refusals/families.ts';
import { reasons } from './refusals/reasons.ts';
import { shapesOf } from './refusals/shapes.ts';

// Whether refusal-texts.test.ts has a row for every message in the sources.

describe('the catalogue of refusals', () => {
  const folder = new URL('../../src/order/decide/', import.meta.url);
  const sources = readdirSync(folder).map((name) => readFileSync(new URL(name, folder), 'utf8'));
  const messages = [...Object.values(families).flat(), ...reasons, ...disputeReasons].map(
    ({ rejection }) => rejection.message,
  );

  it.each(sources.flatMap(shapesOf))('has a row for %s', (shape) => {
    expect(messages.some((message) => shape.test(message))).toBe(true);
  });

  it('has only whole sentences, with nothing left out', () => {
    for (const message of messages) {
      expect(message).toMatch(/^[A-Za-z].*\.$/);
      expect(message).not.toMatch(/undefined|null|NaN|\[object|""/);
    }
  });
});
