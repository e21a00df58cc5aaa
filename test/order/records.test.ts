import { describe, expect, it } from 'vitest';
import { orderSpecification } from '../../src/testing/specification.ts';
import { amendments } from './records/amendments.ts';
import { goods } from './records/goods.ts';
import { money } from './records/money.ts';
import { orders } from './records/orders.ts';
import { proposals } from './records/proposals.ts';
import type { Row } from './records/row.ts';

// What a subscriber reads: the whole data of every event that a request records.

const families: Readonly<Record<string, readonly Row[]>> = {
  'on the whole order': orders,
  'that amends it': amendments,
  'that proposes to, or answers': proposals,
  'about money': money,
  'about goods': goods,
};

describe.each(Object.entries(families))('a request %s records', (_, rows) => {
  it.each(rows.map((row) => [row.of, row] as const))('%s', (_of, { given, when, ...row }) => {
    const { options = { policy: { confirmWhen: 'paid' } } } = row;
    const before = orderSpecification(options).given(...given);
    const { harness } = before.when();
    const count = harness.events.length;
    expect(harness.execute(when)).toMatchObject({ status: 'accepted' });
    const recorded = harness.events.slice(count).map(({ type, data }) => ({ type, data }));
    expect(recorded).toStrictEqual(row.events);
  });
});
