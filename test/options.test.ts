import * as fc from 'fast-check';
import { createOrderEngine, isOrderchartError, type OrderchartError } from 'orderchart';
import { migratePostgres } from 'orderchart/postgres';
import { createRedisTransport } from 'orderchart/redis';
import { createSqliteStore } from 'orderchart/sqlite';
import { describe, expect, it } from 'vitest';
import { optionCases, pool } from './option-cases.ts';

const nothing = () => undefined;

/** What a call throws; it must throw an error of ours. */
function errorOf(call: () => unknown): OrderchartError {
  try {
    call();
  } catch (error) {
    if (isOrderchartError(error)) return error;
    throw error;
  }
  throw new Error('It was accepted.');
}

describe.each(optionCases)('$name', ({ name, create, needed, misspelled, optional }) => {
  const call = (options: unknown) => () => create(options as never);

  it('refuses an option that there is not, by name, and says which was meant', () => {
    const [wrong, meant] = misspelled;
    const { code, message, details } = errorOf(call({ ...needed, [wrong]: 1 }));
    expect(code).toBe('invalidArgument');
    expect(message).toContain(name);
    expect(message).toMatch(new RegExp(`${wrong}\\b.* is not an option`));
    expect(message).toContain(`Did you mean \`${meant}\`?`);
    expect(details).toMatchObject({ option: wrong });
  });

  it('makes no suggestion where nothing is near', () => {
    expect(errorOf(call({ ...needed, zzzzzzzz: 1 })).message).not.toContain('Did you mean');
  });

  it('takes undefined for an option that is left out', () => {
    const leftOut = Object.fromEntries(optional.map((option) => [option, undefined]));
    expect(call({ ...needed, ...leftOut })).not.toThrow();
  });

  it('refuses what is no object, and what cannot be read', () => {
    const unreadable = {
      get [Object.keys(needed)[0] ?? optional[0] ?? '']() {
        throw new Error('s3cret');
      },
    };
    for (const options of [null, 7, 'url', [], nothing, unreadable]) {
      const { code, message } = errorOf(call(options));
      expect(code).toBe('invalidArgument');
      expect(message).toContain(name);
      expect(message).not.toContain('s3cret');
    }
  });

  it('never says what it was given', () => {
    const secret = fc.stringMatching(/^s3cret-[a-z]{8}$/);
    const value = fc.oneof(
      fc.integer({ min: 100_000_001 }).map((number) => -number),
      secret,
      secret.map((text) => [text]),
      secret.map((text) => ({ url: text })),
      secret.map((text) => `nats://user:${text}@`),
    );
    const names = [...Object.keys(needed), ...optional, misspelled[0]];
    fc.assert(
      fc.property(fc.constantFrom(...names), value, (option, given) => {
        try {
          create({ ...needed, [option]: given } as never);
        } catch (error) {
          if (!isOrderchartError(error)) throw error;
          const told = `${error.message} ${JSON.stringify(error.details)}`;
          const hidden = /s3cret-\w+|^-\d+$/.exec(JSON.stringify(given).replaceAll('"', ''));
          expect(told).not.toContain(hidden?.[0]);
        }
      }),
      { numRuns: 200 },
    );
  });
});

describe('those that answer later', () => {
  it.each([
    ['createOrderEngine', () => createOrderEngine({ cacheSizes: 1 } as never), 'cacheSize'],
    ['migratePostgres', () => migratePostgres(pool, { shema: 'a' } as never), 'schema'],
  ])('%s refuses an option that there is not', async (_, call, meant) => {
    const error: unknown = await call().then(nothing, (thrown: unknown) => thrown);
    expect(error).toMatchObject({
      code: 'invalidArgument',
      message: expect.stringContaining(`Did you mean \`${meant}\`?`),
    });
  });
});

it('a misspelled option does not compile', () => {
  // @ts-expect-error: it is `maximumLength`
  const redis = () => createRedisTransport({ url: 'redis://a', stream: 's', maximumLenght: 1 });
  // @ts-expect-error: it is `busyTimeoutMs`
  const sqlite = () => createSqliteStore({ path: 'orders.db', busyTimeout: 1 });
  expect([redis, sqlite].map((create) => errorOf(create).code)).toEqual([
    'invalidArgument',
    'invalidArgument',
  ]);
});
