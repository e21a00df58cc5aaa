import { expect, it } from 'vitest';
import { matchesStatus } from '../../src/store/store.ts';

const status = {
  lifecycle: 'placed',
  review: { open: { called: 'twice' } },
  parallel: { left: 'on', right: 'off' },
};

it.each([
  [{}, true],
  [{ lifecycle: 'placed' }, true],
  [{ lifecycle: 'done' }, false],
  [{ lifecycle: 'placed', review: 'open' }, true],
  [{ lifecycle: 'done', review: 'open' }, false],
  [{ review: 'open.called' }, true],
  [{ review: 'open.called.twice' }, true],
  [{ review: 'open.twice' }, false],
  [{ review: 'called' }, false],
  [{ review: 'op' }, false],
  [{ review: 'open.' }, false],
  [{ parallel: 'right' }, true],
  [{ parallel: 'right.off' }, true],
  [{ parallel: 'left.off' }, false],
  [{ unknown: 'placed' }, false],
  [{ toString: 'placed' }, false],
])('%j: %s', (wanted, expected) => {
  expect(matchesStatus(status, wanted)).toBe(expected);
});
