import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { OrderchartError } from 'orderchart';
import { describe, expect, it } from 'vitest';
import { jsonLogger } from '../../examples/json-logger/json-logger.ts';
import { readPage } from '../docs/markdown.ts';
import { printedBy } from './printed.ts';

function written(
  fields: object,
): { readonly error: Record<string, unknown> } & Record<string, unknown> {
  const lines: string[] = [];
  jsonLogger((line) => lines.push(line)).error('It failed.', { ...fields });
  expect(lines).toHaveLength(1);
  expect(lines[0]).not.toContain('\n');
  return JSON.parse(lines[0] ?? '');
}

describe('the JSON logger of the examples', () => {
  it('tells the code, the message, the stack and the whole chain of causes of an error', () => {
    const first = Object.assign(new Error('ECONNRESET'), { code: 'ECONNRESET' });
    const cause = new Error('the connection broke', { cause: first });
    const error = new OrderchartError('storeUnavailable', 'The store is away.', { cause });
    const entry = written({ error, orderId: '1001' });
    expect(entry).toMatchObject({
      level: 'error',
      message: 'It failed.',
      orderId: '1001',
      error: {
        name: 'OrderchartError',
        code: 'storeUnavailable',
        message: 'The store is away.',
        cause: { message: 'the connection broke', cause: { code: 'ECONNRESET' } },
      },
    });
    expect(entry.error['stack']).toContain('json-logger.test');
  });

  it('tells nothing else that hangs on an error', () => {
    const error = Object.assign(new Error('refused'), {
      connectionString: 'postgres://shop:secret@db',
      parameters: ['alice@example.com'],
    });
    const text = JSON.stringify(written({ error: new Error('failed', { cause: error }) }));
    expect(text).toContain('refused');
    expect(text).not.toMatch(/secret|alice/);
  });

  it('bears what JSON cannot say', () => {
    const circle: { self?: unknown } = {};
    circle.self = circle;
    const entry = written({ circle, big: 1n, error: 'a text', errors: [new Error('in a list')] });
    expect(entry).toMatchObject({
      circle: { self: '[seen before]' },
      big: '1',
      error: 'a text',
      errors: [{ message: 'in a list' }],
    });
  });

  it('is the one that the guide shows', () => {
    const source = readFileSync(
      join(import.meta.dirname, '../../examples/json-logger/json-logger.ts'),
      'utf8',
    );
    const [shown] = source.slice(source.indexOf('/** A logger')).split('\n\n/**\n');
    expect(shown?.length).toBeGreaterThan(100);
    expect(readPage('docs/guides/run-it-in-production.md').text).toContain(
      shown?.replace(/^export /m, ''),
    );
  });

  it('says what went wrong', async () => {
    const printed = await printedBy(() => import('../../examples/json-logger/main.ts'));
    expect(printed).toContain('the disk is gone');
  });
});
