import { describe, expect, it } from 'vitest';
import { commandSchemas } from '../../src/order/commands/commands.ts';
import { createOrderHarness } from '../../src/testing/harness.ts';
import { thrownBy } from '../chart/refusals.ts';
import { host } from './refusals/rules.ts';

// What people read when a command is malformed: what is wrong, and where.

const { parse } = createOrderHarness().rules;
const types = Object.keys(commandSchemas).join(', ');

describe('a command of no known type is refused', () => {
  const long = 'x'.repeat(65);

  it.each([
    ['another type', { type: 'order.steal' }, '"order.steal"'],
    ['a very long type', { type: long }, `"${long.slice(1)}"`],
    ['no type', {}, 'undefined'],
    ['a number as type', { type: 7 }, 'number'],
    ['no command', null, 'undefined'],
    ['text', 'order.place', 'undefined'],
  ])('%s', (_, command, shown) => {
    const error = thrownBy(() => parse(command));
    expect(error).toMatchObject({
      code: 'invalidCommand',
      message: `A command needs a known type, not ${shown}: one of ${types}.`,
    });
    expect(error).toHaveProperty('details', {
      issues: [{ path: 'type', message: 'unknown', code: 'invalid_value' }],
    });
  });

  it('and those of an extension are known as well', () => {
    const extended = createOrderHarness({ extensions: [host] }).rules;
    expect(thrownBy(() => extended.parse({}))).toMatchObject({
      message: `A command needs a known type, not undefined: one of ${types}, host.ask.`,
    });
  });
});

describe('a malformed command is refused', () => {
  const type = 'order.hold';
  const noText = 'Invalid input: expected string, received undefined';
  const noReason = { path: 'reason', message: noText, code: 'invalid_type' };
  const noOrder = { path: 'orderId', message: noText, code: 'invalid_type' };
  const noSuchField = {
    path: '',
    message: 'Unrecognized key: "why"',
    code: 'unrecognized_keys',
  };

  it.each([
    ['a field is missing', { type, orderId: 'o' }, `${type}: reason: ${noText}`, [noReason]],
    [
      'two fields are missing',
      { type },
      `${type}: orderId: ${noText} (and 1 more, see details.issues)`,
      [noOrder, noReason],
    ],
    [
      'three things are wrong',
      { type, why: '' },
      `${type}: orderId: ${noText} (and 2 more, see details.issues)`,
      [noOrder, noReason, noSuchField],
    ],
    [
      'a field is unknown',
      { type, orderId: 'o', reason: 'r', why: '' },
      `${type}: Unrecognized key: "why"`,
      [noSuchField],
    ],
  ])('%s', (_, command, message, issues) => {
    const error = thrownBy(() => parse(command));
    expect(error).toMatchObject({ code: 'invalidCommand', message });
    expect(error).toHaveProperty('details', { type, issues });
  });

  it('a field within a list is named by its place', () => {
    const lines = [
      { lineId: 'a', units: 1 },
      { lineId: 'b', units: 0 },
    ];
    const message = 'Too small: expected number to be >=1';
    expect(thrownBy(() => parse({ type: 'order.cancel', orderId: 'o', lines }))).toMatchObject({
      message: `order.cancel: lines.1.units: ${message}`,
      details: { issues: [{ path: 'lines.1.units', message, code: 'too_small' }] },
    });
  });

  it.each([
    [
      { reason: ' r' },
      'reason: must be printable, well-formed text without white space at the start or end',
    ],
    [
      { reason: '__proto__' },
      'reason: must be printable, well-formed text without white space at the start or end',
    ],
    [{ reason: 'r', note: 'a\0b' }, 'note: must be well-formed Unicode without NUL'],
    [{ reason: 'r', note: '\uD800' }, 'note: must be well-formed Unicode without NUL'],
  ])('text that stores would change is named: %j', (fields, message) => {
    expect(thrownBy(() => parse({ type, orderId: 'o', ...fields }))).toMatchObject({
      message: `${type}: ${message}`,
    });
  });

  it.each([
    [
      { type: 'order.cancel', lines: [1, 2].map(() => ({ lineId: 'a', units: 1 })) },
      'order.cancel: lines: must name each line at most once',
    ],
    [
      {
        type: 'units.replace',
        replacementId: 'n',
        cause: 'lost',
        lines: [1, 2].map((at) => ({ lineId: 'a', units: 1, as: `n${at}` })),
      },
      'units.replace: lines: must name each line at most once',
    ],
    [
      {
        type: 'payment.refund',
        cause: 'correction',
        of: {
          kind: 'components',
          components: [1, 2].map((amount) => ({ component: 'line:a', amount })),
          currency: 'EUR',
        },
      },
      'payment.refund: of.components: must name each component at most once',
    ],
    [
      { type: 'payment.capture', paymentId: 'p1', amount: 1, currency: 'euro' },
      'payment.capture: currency: must be an ISO 4217 alphabetic code',
    ],
    [{ type: 'order.annotate', metadata: [] }, 'order.annotate: metadata: must be a JSON object'],
    [
      {
        type: 'order.place',
        currency: 'EUR',
        lines: [
          { id: 'a', quantity: 1, unitPrice: 1, taxes: [{ code: 'c', rate: '19%', amount: 1 }] },
        ],
      },
      'order.place: lines.0.taxes.0.rate: must be percent as decimal text: "19", "8.875"',
    ],
    [
      {
        type: 'order.place',
        currency: 'EUR',
        lines: [{ id: 'a', quantity: 1, unitPrice: 1 }],
        discounts: [1, 2].map((amount) => ({ code: 'c', amount })),
      },
      'order.place: discounts: must name each code at most once',
    ],
  ])('what contradicts itself or has no form is named: %j', (command, message) => {
    expect(thrownBy(() => parse({ orderId: 'o', ...command }))).toMatchObject({ message });
  });
});
