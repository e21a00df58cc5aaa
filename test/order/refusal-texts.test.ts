import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { amending } from './refusals/amending.ts';
import { disputeReasons, disputes } from './refusals/disputes.ts';
import { credits, currencies, units } from './refusals/money.ts';
import { payments } from './refusals/payments.ts';
import { placing } from './refusals/prices.ts';
import { reasons } from './refusals/reasons.ts';
import { unknown } from './refusals/references.ts';
import { type Row, refuse } from './refusals/row.ts';
import { hosts, rules } from './refusals/rules.ts';
import { shapesOf } from './refusals/shapes.ts';
import { used } from './refusals/used.ts';

// The catalogue of what people read when the core refuses a request: every message, and all figures.

const families: Readonly<Record<string, readonly Row[]>> = {
  'what the order does not have': unknown,
  'what was used or answered before': used,
  'another currency': currencies,
  'an operation on a payment': payments,
  'a dispute, or what it took': disputes,
  'a credit or a refund': credits,
  'units that are not there': units,
  'an order whose prices do not add up': placing,
  'an amendment': amending,
  'a request that a law or a limit forbids': rules,
  'a command of an extension': hosts,
};

describe.each(Object.entries(families))('refused: %s', (_, rows) => {
  it.each(rows.map((row) => [row.of, row] as const))('%s', (_of, row) => {
    expect(refuse(row)).toStrictEqual(row.rejection);
  });
});

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
