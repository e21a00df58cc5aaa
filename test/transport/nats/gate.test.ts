import { expect, it } from 'vitest';
import { Gate } from '../../../src/transport/nats/gate.ts';

function inDoubt(): Gate {
  const gate = new Gate(100);
  gate.doubt();
  return gate;
}

it('without doubt everything is delivered', () => {
  const gate = new Gate(100);
  expect(gate.admit('a', 9, 8)).toBe(true);
});

it('in doubt a message waits for the one before it', () => {
  const gate = inDoubt();
  expect(gate.admit('a', 9, 8)).toBe(false);
  expect(gate.admit('a', 8, 0)).toBe(true);
  expect(gate.admit('a', 9, 8)).toBe(true);
});

it('in doubt the first of a subject, one that was not fenced and one that came before are delivered', () => {
  const gate = inDoubt();
  expect(gate.admit('a', 9, 0)).toBe(true);
  expect(gate.admit('b', 10, undefined)).toBe(true);
  expect(gate.admit('a', 11, 9)).toBe(true);
  expect(gate.admit('a', 9, 0)).toBe(true);
  expect(gate.admit('a', 12, 11)).toBe(true);
});

it('what was acked need not come again', () => {
  const gate = inDoubt();
  gate.learn(7, true);
  expect(gate.admit('a', 9, 8)).toBe(false);
  gate.learn(8, true);
  expect(gate.admit('a', 9, 8)).toBe(true);
});

it('doubt ends when nothing is out, but not before the server has noticed', () => {
  const gate = inDoubt();
  gate.learn(0, false);
  expect(gate.isInDoubt).toBe(true);
  for (let tick = 0; tick < 4; tick += 1) gate.tick();
  gate.learn(0, true);
  expect(gate.isInDoubt).toBe(true);
  gate.learn(0, false);
  expect(gate.isInDoubt).toBe(false);
});

it('doubt ends in any case', () => {
  const gate = inDoubt();
  for (let tick = 0; tick < 12; tick += 1) gate.tick();
  expect(gate.admit('a', 9, 8)).toBe(true);
});
