import { describe, expect, it } from 'vitest';
import { families } from './refusals/families.ts';
import { refuse } from './refusals/row.ts';

// What people read when the core refuses a request: every message, and all figures.

describe.each(Object.entries(families))('refused: %s', (_, rows) => {
  it.each(rows.map((row) => [row.of, row] as const))('%s', (_of, row) => {
    expect(refuse(row)).toStrictEqual(row.rejection);
  });
});
