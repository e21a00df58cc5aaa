import { describe, expect, it } from 'vitest';
import { requestTypes } from '../../src/order/commands/commands.ts';
import type { CommandExplanation } from '../../src/rules/index.ts';
import { createOrderHarness, type HarnessOptions } from '../../src/testing/harness.ts';
import { capture, place, sold } from './commands.ts';
import { named } from './refusals/commands.ts';
import { host } from './refusals/rules.ts';

const environment = { tenantId: 'test', orderId: 'order-1', now: 0, newId: () => 'id' };

function explain(options: HarnessOptions, given: readonly object[], command?: object) {
  const harness = createOrderHarness(options);
  for (const earlier of given) harness.execute(earlier);
  const { rules, state } = harness;
  if (state === undefined) throw new Error('there is no order');
  const parsed = command && rules.parse({ orderId: 'order-1', ...command });
  return rules.explain(state, environment, parsed);
}

const find = (explained: readonly CommandExplanation[], type: string) =>
  explained.find((entry) => entry.type === type);

describe('every request is explained', () => {
  const everything = () => explain({ extensions: [host] }, [place()]);

  it('but the one that places the order, and those of extensions as well', () => {
    const types = requestTypes.filter((type) => type !== 'order.place');
    expect(everything().map(({ type }) => type)).toEqual([...types, 'host.ask']);
  });

  it('as legal, with the guards that were asked', () => {
    expect(find(everything(), 'order.annotate')).toStrictEqual({
      type: 'order.annotate',
      legal: true,
      trail: [],
    });
    expect(find(everything(), 'order.amend')).toStrictEqual({
      type: 'order.amend',
      legal: true,
      trail: [
        { guard: 'holdClear', answer: true },
        { guard: 'someUnitStays', answer: true },
      ],
    });
  });

  it('as refused by a guard, or by the state of the order', () => {
    expect(find(everything(), 'order.release')).toStrictEqual({
      type: 'order.release',
      legal: false,
      rejection: {
        code: 'guardRefused',
        message:
          'order.release is refused. The order has no hold: if a discrepancy blocks it, use ' +
          'discrepancy.resolve.',
        guard: 'someHold',
        figures: { holds: 0, discrepancies: 0 },
      },
      trail: [{ guard: 'someHold', answer: false }],
    });
    expect(find(everything(), 'return.request')).toStrictEqual({
      type: 'return.request',
      legal: false,
      rejection: {
        code: 'notInThisState',
        message: 'return.request is not possible while the order is pending.',
        figures: { lifecycle: 'pending' },
      },
      trail: [],
    });
  });
});

describe('one command is explained in full', () => {
  const on = (given: readonly object[], command: object) =>
    explain({ policy: { confirmWhen: 'paid' } }, given, command);

  it('as legal, with the guards that were asked', () => {
    expect(on([place()], { type: 'order.cancel' })).toStrictEqual([
      { type: 'order.cancel', legal: true, trail: expect.any(Array) },
    ]);
  });

  it('as refused by what the chart does not know', () => {
    expect(on([place()], capture(1))).toStrictEqual([
      {
        type: 'payment.capture',
        legal: false,
        rejection: {
          code: 'unknownReference',
          message: 'The order has no payment "p1".',
          figures: { paymentId: 'p1' },
        },
        trail: [{ guard: 'holdClear', answer: true }],
      },
    ]);
  });

  it('as refused by the chart, with the reason', () => {
    const [explained] = on([place(), sold(4000)], named('order.confirm'));
    expect(explained).toMatchObject({
      legal: false,
      rejection: { code: 'guardRefused', guard: 'policyMet' },
      trail: [{ guard: 'policyMet', answer: false }],
    });
  });
});
