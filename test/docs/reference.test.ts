import { describe, expect, it } from 'vitest';
import { errorCodes, OrderchartError } from '../../src/errors.ts';
import { commandSchemas, isReportType } from '../../src/order/commands/commands.ts';
import { eventSchemas } from '../../src/order/events/events.ts';
import { createParser } from '../../src/rules/parse.ts';
import { rejectionCodes } from '../../src/rules/types.ts';
import { fencesOf, readPage, sectionsOf, tablesOf } from './markdown.ts';
import { fieldsOf, nestedNamesOf, type SchemaField, variantsOf } from './schema.ts';

/** The first table of a section, as fields. */
function documented(section: string): readonly SchemaField[] {
  const [rows = []] = tablesOf(section);
  return rows.map(([name = '', type = '']) => ({
    name: name.replaceAll('`', ''),
    type: type.replace(/, optional$/, '').replace(/ or null$/, ''),
    isOptional: type.endsWith(', optional'),
    isNullable: type.endsWith(' or null'),
  }));
}

describe('docs/reference/commands.md', () => {
  const page = readPage('docs/reference/commands.md');
  const sections = sectionsOf(page, 3);
  const parse = createParser([]);
  const reporter = ['source', 'reportId', 'occurredAt'];

  it('has a section for every command, and no other', () => {
    expect([...sections.keys()]).toEqual(Object.keys(commandSchemas));
  });

  it.each(Object.entries(commandSchemas))(
    '%s: the fields are those of its schema',
    (type, schema) => {
      const common = ['type', 'orderId', ...(isReportType(type) ? reporter : [])];
      const section = sections.get(type) ?? '';
      const fields = fieldsOf(schema).filter(({ name }) =>
        type === 'order.place' ? name !== 'type' : !common.includes(name),
      );
      expect(new Map(documented(section).map((field) => [field.name, field]))).toEqual(
        new Map(fields.map((field) => [field.name, field])),
      );
      for (const name of nestedNamesOf(schema)) expect(section).toContain(`\`${name}\``);
    },
  );

  it('the outcomes of a payment have the fields of their schemas', () => {
    const [fields = [], outcomes = []] = tablesOf(sections.get('payment.report') ?? '');
    expect(fields).not.toEqual([]);
    const told = outcomes.map(([outcome, names]) => [outcome?.replaceAll('`', ''), names]);
    const own = variantsOf(commandSchemas['payment.report']).map(({ shape }) => [
      [...shape['outcome'].values][0],
      ['amount', 'currency', 'reason', 'sale', 'dueBy']
        .filter((name) => name in shape)
        .map((name) => `\`${name}\``)
        .join(', ') || 'none',
    ]);
    expect(told).toEqual(own);
  });

  it('every event it names as recorded, and every code it names, exists', () => {
    for (const section of sections.values()) {
      const records = /Records([^.]|\.(?=\w))*\./.exec(section)?.[0] ?? '';
      for (const [, type = ''] of records.matchAll(/`(\w+\.\w+)`/g)) {
        expect(Object.keys(eventSchemas)).toContain(type);
      }
    }
    const refusals = [...page.text.matchAll(/Refused with([^.]|\.(?=\w))*\./g)].map(
      ([text]) => text,
    );
    const named = refusals.flatMap((text) =>
      [...text.matchAll(/`([a-z]\w+)`/g)].map(([, code]) => code),
    );
    const others = ['policyMet', 'holdClear', 'someHold', 'someUnitOpen', 'retentionPassed'];
    const known = ['someUnitDelivered', 'returnWindowOpen', 'someDiscrepancy', 'terms'];
    const disputes = ['someDisputeOpen', 'noDisputeOpen'];
    const guards = [...others, ...known, ...disputes, 'secured', 'over', 'someUnitStays'];
    expect(
      named.filter(
        (code) =>
          !(rejectionCodes as readonly unknown[]).includes(code) && !guards.includes(String(code)),
      ),
    ).toEqual([]);
  });

  it('every example is a command of its section', () => {
    for (const [type, text] of sections) {
      const examples = fencesOf({ path: page.path, text }).filter(({ info }) => info === 'json');
      expect(examples.length, type).toBeGreaterThan(0);
      for (const { code } of examples) expect(parse(JSON.parse(code)).type).toBe(type);
    }
  });
});

describe('docs/reference/events.md', () => {
  const page = readPage('docs/reference/events.md');
  const sections = sectionsOf(page, 3);
  const [ofReport = [], ofMovement = [], ofFailure = [], ofRequest = []] = tablesOf(
    sectionsOf(page, 2).get('payment') ?? '',
  );
  /** Rows that several events have, by the words with which their sections refer to them. */
  const sharedRows = new Map([
    ['The fields of a report', ofReport],
    ['The fields of a movement', [...ofReport, ...ofMovement]],
    ['The fields of a failure', [...ofReport, ...ofFailure]],
    ['The fields of a request', ofRequest],
  ]);

  it('has a section for every event, and no other', () => {
    expect([...sections.keys()].sort()).toEqual(Object.keys(eventSchemas).sort());
  });

  it.each(Object.entries(eventSchemas))('%s: the data are those of its schema', (type, schema) => {
    const section = sections.get(type) ?? '';
    const other = /The fields of `([\w.]+)`/.exec(section)?.[1];
    const same = other === undefined ? '' : (sections.get(other) ?? '');
    const shared = [...sharedRows].flatMap(([words, rows]) =>
      section.includes(words) ? table(rows) : [],
    );
    const told = [...shared, ...documented(section), ...documented(same)];
    expect(new Map(told.map((field) => [field.name, field]))).toEqual(
      new Map(fieldsOf(schema).map((field) => [field.name, field])),
    );
    if (fieldsOf(schema).length === 0) expect(section).toContain('No data.');
    for (const name of nestedNamesOf(schema)) expect(`${section}${same}`).toContain(`\`${name}\``);
  });

  function table(rows: readonly (readonly string[])[]): readonly SchemaField[] {
    return documented(
      ['| a |', '| - |', ...rows.map((row) => `| ${row.join(' | ')} |`)].join('\n'),
    );
  }
});

describe('docs/reference/errors.md', () => {
  const page = readPage('docs/reference/errors.md');
  const [errors = '', rejections = ''] = ['Errors', 'Rejections'].map(
    (title) => sectionsOf(page, 2).get(title) ?? '',
  );

  it('has a heading for every error code, and no other', () => {
    expect(headed(errors)).toEqual([...errorCodes]);
  });

  it('has a heading for every rejection code, and no other', () => {
    expect(headed(rejections)).toEqual([...rejectionCodes]);
  });

  it('says of each error whether it is retryable', () => {
    for (const [code, text] of sectionsOf({ path: '', text: errors }, 3)) {
      const { retryable } = new OrderchartError(code as (typeof errorCodes)[number], '');
      expect(text.includes('**Retryable.**'), code).toBe(retryable);
    }
  });

  const headed = (text: string): readonly string[] => [...sectionsOf({ path: '', text }, 3).keys()];
});
