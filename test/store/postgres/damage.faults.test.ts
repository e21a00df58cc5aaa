import { describe } from 'vitest';
import { describeDamage } from '../damage.ts';
import { given } from './kit.ts';

describe('rows of a Postgres store that are damaged', () => {
  describeDamage(async () => {
    const { store, another, rows } = await given();
    return { store, another: () => another(), damage: (sql) => rows(sql.replaceAll('@', '@.')) };
  });
});
