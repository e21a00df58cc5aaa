import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseCsv } from '../../examples/marketplace/csv.ts';
import { readSource } from '../../examples/marketplace/source.ts';
import { readAmount, readTime } from '../../examples/marketplace/values.ts';

const textsOf = (text: string) =>
  [...parseCsv(text)].map(({ fields }) => fields.map((f) => f.text));
const problemsOf = (text: string) => [...parseCsv(text)].flatMap(({ problem }) => problem ?? []);

describe('CSV', () => {
  it('reads back every table that is written by RFC 4180', () => {
    const cell = fc.oneof(
      fc.string({ unit: fc.constantFrom('a', ',', '"', '\n', '\r', ' ', 'é', '😀') }),
      fc.string({ unit: 'grapheme' }),
    );
    const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`;
    const table = fc.array(fc.array(cell, { minLength: 1, maxLength: 4 }), { maxLength: 5 });
    fc.assert(
      fc.property(table, fc.constantFrom('\n', '\r\n'), fc.boolean(), (rows, end, endsOpen) => {
        const lines = rows.map((row) => row.map(quoted).join(','));
        const text = lines.join(end) + (endsOpen || rows.length === 0 ? '' : end);
        expect(textsOf(text)).toEqual(rows);
      }),
    );
  });

  it('reads back plain fields without quotes', () => {
    const plain = fc.string({ unit: fc.constantFrom('a', '1', ' ', '-', ';', 'ß'), minLength: 1 });
    fc.assert(
      fc.property(fc.array(fc.array(plain, { minLength: 1 })), (rows) => {
        expect(textsOf(rows.map((row) => row.join(',')).join('\r\n'))).toEqual(rows);
      }),
    );
  });

  it('never throws, and loses no line of a text of any kind', () => {
    const anything = fc.string({ unit: fc.constantFrom('a', ',', '"', '\n', '\r', '\ufeff') });
    fc.assert(
      fc.property(anything, (text) => {
        const broken = '"never closed\n';
        const last = textsOf(`x\n${text}\n${broken}last,line`).at(-1);
        if (!text.includes('"')) expect(last).toEqual(['last', 'line']);
        expect(last).toBeDefined();
      }),
    );
  });

  it('passes over a byte order mark and empty lines', () => {
    expect(textsOf('\ufeffa,b\r\n\r\n1,\r\n\n')).toEqual([
      ['a', 'b'],
      ['1', ''],
    ]);
  });

  it('knows where every field begins', () => {
    const [, second] = [...parseCsv('a,b\n"x\ny",z\n')];
    expect(second?.fields).toEqual([
      { text: 'x\ny', line: 2, column: 1 },
      { text: 'z', line: 3, column: 4 },
    ]);
  });

  it.each([
    ['a\nb,c"d,e\nf', { line: 2, column: 4 }, 'a quote inside a field'],
    ['a\n"b"c,d\nf', { line: 2, column: 4 }, 'text after a closing quote'],
    ['a\nb,"c\nf', { line: 2, column: 3 }, 'a quote that is never closed'],
    ['a\nb\rc\nf', { line: 2, column: 2 }, 'a carriage return without a line feed'],
  ])('tells where %j is wrong, and goes on after that line', (text, place, message) => {
    expect(problemsOf(text)).toEqual([{ ...place, message: expect.stringContaining(message) }]);
    expect(textsOf(text).at(-1)).toEqual(['f']);
  });
});

describe('amounts', () => {
  it('are read by their digits: what is written comes back, to the last minor unit', () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), fc.integer({ min: 0, max: 4 }), (amount, decimals) => {
        const digits = String(amount).padStart(decimals + 1, '0');
        const whole = digits.slice(0, digits.length - decimals);
        const text = decimals === 0 ? whole : `${whole}.${digits.slice(-decimals)}`;
        expect(readAmount(text, decimals)).toEqual({ value: amount });
        expect(
          readAmount(
            text.replace(/\.?0+$/, (zeros) => (text.includes('.') ? '' : zeros)),
            decimals,
          ),
        ).toEqual({ value: amount });
      }),
    );
  });

  it.each(['', '1,50', '1.505', '-1', '1e3', ' 1', '1.', '.5', '0x10', 'NaN', '90071992547409.92'])(
    'refuses %j',
    (text) => {
      expect(readAmount(text, 2)).toEqual({ reason: expect.any(String) });
    },
  );
});

describe('times', () => {
  it('are read to the millisecond and back', () => {
    fc.assert(
      fc.property(
        fc.date({ min: new Date(0), max: new Date('9999-12-31'), noInvalidDate: true }),
        (date) => {
          expect(readTime(date.toISOString())).toEqual({ value: date.getTime() });
        },
      ),
    );
  });

  it.each([
    '',
    '2017-10-02',
    '2017-10-02T10:56',
    '2017-02-30T10:56Z',
    '2017-10-02T24:30Z',
    '2017-13-01T00:00Z',
    '1969-12-31T23:59Z',
  ])('refuses %j', (text) => {
    expect(readTime(text)).toEqual({ reason: expect.any(String) });
  });
});

describe('a folder', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'orderchart-test-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  const header =
    'order_id,customer_id,status,purchased_at,approved_at,carrier_at,delivered_at,estimated_at';
  const write = async (files: { orders?: string[]; items?: string[]; payments?: string[] }) => {
    const lines = {
      'orders.csv': [header, ...(files.orders ?? [])],
      'items.csv': ['order_id,item,product_id,price_brl,freight_brl', ...(files.items ?? [])],
      'payments.csv': ['order_id,sequence,type,value_brl', ...(files.payments ?? [])],
    };
    for (const [name, text] of Object.entries(lines)) {
      await writeFile(join(folder, name), text.join('\n'));
    }
  };
  const orderLine = (id: string) => `${id},c,created,2018-01-01T00:00Z,,,,`;
  const read = async () => {
    const { orders, problems, skippedOrders } = await readSource(folder);
    const places = problems.map(({ file, line, column }) => `${file}:${line}:${column}`);
    return { ids: orders.map(({ id }) => id), places, problems, skippedOrders };
  };

  it('leaves out the order whose row is wrong, and no other', async () => {
    await write({ orders: [orderLine('a'), 'b,c,lost,2018-01-01T00:00Z,,,,', orderLine('d')] });
    const { ids, places, problems, skippedOrders } = await read();
    expect(ids).toEqual(['a', 'd']);
    expect(places).toEqual(['orders.csv:3:5']);
    expect(problems[0]?.message).toContain('status: "lost" is not one of created');
    expect(skippedOrders).toBe(1);
  });

  it('leaves out an order whose item or payment is wrong', async () => {
    await write({
      orders: ['a', 'b', 'd'].map(orderLine),
      items: ['a,1,p,12.345,0', 'b,1,p,1,1'],
      payments: ['d,1,cash,"1"0'],
    });
    const { ids, places, skippedOrders } = await read();
    expect(ids).toEqual(['b']);
    expect(places).toEqual(['items.csv:2:7', 'payments.csv:2:13']);
    expect(skippedOrders).toBe(2);
  });

  it('leaves out an order of which two rows say two things', async () => {
    await write({ orders: ['a', 'b', 'a'].map(orderLine) });
    const { ids, places, skippedOrders } = await read();
    expect(ids).toEqual(['b']);
    expect(places).toEqual(['orders.csv:4:1']);
    expect(skippedOrders).toBe(1);
  });

  it('tells rows that are too short or too long, or about an order that is not there', async () => {
    await write({
      orders: [orderLine('a'), 'b,c', `${orderLine('d')},more`],
      items: ['x,1,p,1,1', 'b,1,p,1,1'],
    });
    const { ids, places, skippedOrders } = await read();
    expect(ids).toEqual(['a']);
    expect(places).toEqual(['orders.csv:3:3', 'orders.csv:4:35', 'items.csv:2:1']);
    expect(skippedOrders).toBe(2);
  });

  it('needs every column, in any order', async () => {
    await write({ orders: [orderLine('a')] });
    await writeFile(join(folder, 'payments.csv'), 'value_brl,order_id,type\n');
    await expect(readSource(folder)).rejects.toThrow('payments.csv, line 1: the header must name');
    await expect(readSource(folder)).rejects.toThrow('missing: sequence');
  });

  it('needs every file', async () => {
    await write({});
    await rm(join(folder, 'items.csv'));
    await expect(readSource(folder)).rejects.toMatchObject({
      exitCode: 2,
      message: expect.stringContaining('items.csv does not exist. --data needs a folder'),
    });
  });
});
