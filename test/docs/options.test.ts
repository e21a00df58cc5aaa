import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { checkContext } from '../../src/engine/contract/context.ts';
import { newCounters } from '../../src/engine/kernel/stats.ts';
import { settingsFrom } from '../../src/engine/options.ts';
import {
  projectionSettings,
  subscriptionSettings,
} from '../../src/engine/subscriptions/options.ts';
import { publishSettings } from '../../src/engine/transports/publish.ts';
import { receiveSettings } from '../../src/engine/transports/receive-options.ts';
import { isOrderchartError } from '../../src/errors.ts';
import { defaultPolicy, optionalRules, policySchema } from '../../src/order/policy.ts';
import { createMemoryStore } from '../../src/store/memory.ts';
import { readOptions as readPostgresOptions } from '../../src/store/postgres/options.ts';
import { readOptions } from '../../src/store/sqlite/options.ts';
import { createInProcessTransport } from '../../src/transport/in-process/transport.ts';
import { readPage, root, sectionsOf, tablesOf } from './markdown.ts';

const sections = sectionsOf(readPage('docs/reference/options.md'), 2);

/** The first table of a section: name and, where it has one, default. */
function tableOf(title: string): ReadonlyMap<string, string> {
  const [rows = []] = tablesOf(sections.get(title) ?? '');
  return new Map(rows.map(([name = '', second = '']) => [bare(name), bare(second)]));
}

const bare = (text: string): string => text.replaceAll('`', '').replace(/^\[(.*)\]\(.*\)$/, '$1');

/** Defaults that can be written down: numbers, booleans and texts. */
function plainDefaults(settings: object): ReadonlyMap<string, string> {
  const plain = Object.entries(settings).filter(
    ([, value]) => !/object|function|undefined/.test(typeof value),
  );
  return new Map(plain.map(([name, value]) => [name, String(value)]));
}

describe('docs/reference/options.md', () => {
  it('has every option of the engine, with its default', () => {
    const table = tableOf('Options of createOrderEngine');
    const settings = settingsFrom(undefined, createMemoryStore);
    expect([...table.keys()].sort()).toEqual(Object.keys(settings).sort());
    for (const [name, value] of plainDefaults(settings)) expect(table.get(name), name).toBe(value);
  });

  it('has every field of the policy, with its default', () => {
    const rules = { ...defaultPolicy, ...optionalRules };
    expect(tableOf('Policy')).toEqual(plainDefaults(rules));
    expect(Object.keys(rules)).toEqual(Object.keys(policySchema.shape));
  });

  it('has every option of the SQLite store, with its default', () => {
    const table = tableOf('Options of createSqliteStore');
    const settings = readOptions({ path: 'orders.db' });
    expect([...table.keys()].sort()).toEqual(Object.keys(settings).sort());
    for (const name of ['synchronous', 'busyTimeoutMs'] as const) {
      expect(table.get(name)).toBe(String(settings[name]));
    }
  });

  it('has every option of the Postgres store, with its default', () => {
    const table = tableOf('Options of createPostgresStore');
    const pool = { connect: () => Promise.reject(new Error('never called')) };
    const settings = readPostgresOptions({ pool });
    expect([...table.keys()].sort()).toEqual(Object.keys(settings).sort());
    for (const [name, value] of plainDefaults(settings)) expect(table.get(name), name).toBe(value);
  });

  it('has every option of subscribe, with its default', () => {
    const table = tableOf('Options of subscribe');
    const settings = subscriptionSettings({ name: 'x', from: 'now', handler: () => undefined });
    expect([...table.keys()].sort()).toEqual(Object.keys(settings).sort());
    expect(table.get('concurrency')).toBe(String(settings.concurrency));
    expect(table.get('from'), 'it has no default').toBe('');
  });

  it('has every option of project, with its default', () => {
    const table = tableOf('Options of project');
    const settings = projectionSettings({ name: 'x', handler: () => undefined });
    expect([...table.keys()].sort()).toEqual(Object.keys(settings).sort());
    expect(table.get('batchSize')).toBe(String(settings.batchSize));
    expect(table.get('concurrency')).toBe(String(settings.concurrency));
    expect(table.get('from')).toBe(settings.from);
  });

  it('has every method of a subscription, and of those for operators', () => {
    const folder = 'src/engine/subscriptions';
    const methodsOf = (title: string) =>
      [...tableOf(title).keys()].map((call) => call.split('(')[0]).toSorted();
    const members = membersOf(`${folder}/subscription.ts`, 'Subscription');
    expect(methodsOf('A subscription')).toEqual(members.filter((one) => one !== 'name').toSorted());
    expect(methodsOf('Subscriptions for operators')).toEqual(
      membersOf(`${folder}/parking-lot.ts`, 'ParkingLot').toSorted(),
    );
  });

  it('has every option of publish, with its default', () => {
    const table = tableOf('Options of startPublishing');
    const settings = publishSettings({
      name: 'x',
      from: 'now',
      transport: createInProcessTransport(),
    });
    expect([...table.keys()].sort()).toEqual(Object.keys(settings).sort());
    for (const name of ['mode', 'source', 'concurrency', 'maximumBatchSize'] as const) {
      expect(table.get(name), name).toBe(String(settings[name]));
    }
    expect(table.get('from'), 'it has no default').toBe('');
  });

  it('has every option of receive, with its default', () => {
    const table = tableOf('Options of startReceiving');
    const transport = createInProcessTransport();
    const settings = receiveSettings({
      name: 'x',
      transport,
      map: () => undefined,
      deadLetter: transport,
    });
    expect([...table.keys()].sort()).toEqual(Object.keys(settings).sort());
    for (const name of ['maximumInFlight', 'maximumBodyBytes', 'orderWaitMs'] as const) {
      expect(table.get(name), name).toBe(String(settings[name]));
    }
  });

  it('has every option of the inbox and of the transport within a process', () => {
    expect([...tableOf('Options of createInbox').keys()]).toEqual(
      membersOf('src/transport/inbox.ts', 'InboxOptions'),
    );
    expect([...tableOf('Options of createInProcessTransport').keys()]).toEqual(
      membersOf('src/transport/in-process/transport.ts', 'InProcessTransportOptions'),
    );
  });

  it('names fields of the context that exist', () => {
    const valid = {
      tenantId: 't',
      idempotencyKey: 'k',
      scope: 's',
      expectedVersion: 0,
      actor: { kind: 'staff', id: 'a' },
      correlationId: 'c',
      causationId: 'c',
      trace: { traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' },
      transaction: {},
      signal: new AbortController().signal,
    };
    expect([...tableOf('Context of execute').keys()]).toEqual(Object.keys(checkContext(valid)));
    expect(isInvalid(() => checkContext({ ...valid, more: 1 }))).toBe(true);
  });

  it('has every method of the engine', () => {
    const methods = [...tableOf('Methods of the engine').keys()].map((call) => call.split('(')[0]);
    expect([...methods].sort()).toEqual(membersOf('src/engine/api.ts', 'OrderEngine').toSorted());
  });
});

it('docs/guides/run-it-in-production.md has every count of stats', () => {
  const guide = sectionsOf(readPage('docs/guides/run-it-in-production.md'), 2);
  const [rows = []] = tablesOf(guide.get('Stats') ?? '');
  const documented = rows.map(([name = '']) => bare(name)).sort();
  expect(documented).toEqual(
    [
      ...Object.keys(newCounters()),
      ...['pending', 'pendingBytes', 'cached', 'cachedBytes', 'timersFailing'],
      'historyChanges',
    ].sort(),
  );
});

it('docs/guides/run-it-in-production.md has every message of the log', () => {
  const guide = readPage('docs/guides/run-it-in-production.md');
  const [rows = []] = tablesOf(sectionsOf(guide, 2).get('What the log says') ?? '');
  const documented = rows.flatMap(([, messages = '']) =>
    [...messages.matchAll(/`([^`]+)`/g)].map(([, message]) => message),
  );
  const folder = join(root, 'src/engine');
  const logged = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts'))
    .flatMap((path) => [...readFileSync(join(folder, path), 'utf8').matchAll(logCall)])
    .map(([, message]) => message);
  expect([...new Set(documented)].sort()).toEqual([...new Set(logged)].sort());
});

/** `logger.warn('...')`, `log('warn', '...')`. */
const logCall = /(?:[lL]ogger\.(?:debug|info|warn|error)\(|\blog\('(?:warn|error)',)\s*'([^']+)'/g;

/** Names of what an interface declares; those that are no identifiers are left out. */
function membersOf(path: string, name: string): readonly string[] {
  const text = readFileSync(join(root, path), 'utf8');
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  const found = source.statements.find(
    (statement) => ts.isInterfaceDeclaration(statement) && statement.name.text === name,
  );
  if (found === undefined || !ts.isInterfaceDeclaration(found)) return [];
  return found.members.flatMap((member) =>
    member.name !== undefined && ts.isIdentifier(member.name) ? [member.name.text] : [],
  );
}

function isInvalid(check: () => unknown): boolean {
  try {
    check();
    return false;
  } catch (error) {
    return isOrderchartError(error, 'invalidArgument');
  }
}
