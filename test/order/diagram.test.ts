import { expect, it } from 'vitest';
import { z } from 'zod';
import { defineExtension } from '../../src/order/extension.ts';
import { lifecycleDiagram } from '../../src/order/lifecycle/diagram.ts';

it('draws every region, guard and deadline, and what an extension adds and requires', () => {
  const extension = defineExtension({
    name: 'fraud',
    data: {},
    events: { 'fraud.cleared': z.strictObject({}) },
    recipes: { 'fraud.cleared': () => {} },
    decide: {},
    guards: { fraudCleared: () => false },
    regions: { fraud: { initial: 'open', states: { open: {} } } },
    requires: { 'payment.capture': ['fraudCleared'] },
  });
  const diagram = lifecycleDiagram([extension]);
  expect(diagram).toMatch(/^stateDiagram-v2/);
  expect(diagram).toContain('after unpaidTimeout [nothingMoved]');
  expect(diagram).toMatch(/payment\.capture \[.*fraudCleared.*\]/);
  expect(diagram).toContain('state "fraud" as fraud');
  expect(lifecycleDiagram()).not.toContain('fraud');
});
