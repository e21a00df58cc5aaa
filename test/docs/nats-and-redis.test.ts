import type { RedisWarning } from 'orderchart/redis';
import { expect, it } from 'vitest';
import { messageOf } from '../../src/testing/transport-conformance/given.ts';
import { names } from '../../src/transport/nats/message.ts';
import { readOptions as natsSettings } from '../../src/transport/nats/options.ts';
import { toFields } from '../../src/transport/redis/entry.ts';
import { readOptions as redisSettings } from '../../src/transport/redis/options.ts';
import { readPage, sectionsOf, tablesOf } from './markdown.ts';

/** The first table of a section: name and second column, several names of one cell apart. */
function tableOf(page: string, title: string): ReadonlyMap<string, string> {
  const sections = sectionsOf(readPage(`docs/reference/transports/${page}.md`), 2);
  const [rows = []] = tablesOf(sections.get(title) ?? '');
  return new Map(
    rows.flatMap(([cell = '', second = '']) =>
      cell.split(', ').map((name) => [bare(name), bare(second)] as const),
    ),
  );
}

const bare = (text: string): string => text.replaceAll('`', '');

const nats = natsSettings({ url: 'nats://a', stream: 'orders', subject: 'shop.orders' });
const redis = redisSettings({ url: 'redis://a', stream: 'orders' });

it.each([
  ['nats', 'Options of createNatsTransport', nats],
  ['redis', 'Options of createRedisTransport', redis],
])(
  'docs/reference/transports/%s.md has every option, with its default',
  (page, title, settings) => {
    const table = tableOf(page, title);
    expect([...table.keys()].toSorted()).toEqual(Object.keys(settings).toSorted());
    const given = new Set(['url', 'stream', 'subject', 'consumer', 'filterSubject']);
    for (const [name, value] of Object.entries(settings)) {
      if (given.has(name)) continue;
      if (value === undefined) expect(table.get(name), name).toBe('none');
      if (['number', 'string', 'boolean'].includes(typeof value)) {
        expect(table.get(name), name).toBe(String(value));
      }
    }
  },
);

it('docs/reference/transports/nats.md has the headers that messages travel by', () => {
  const documented = [...tableOf('nats', 'Where messages go').keys()];
  const { previous: _, ...own } = names;
  expect(documented).toEqual(expect.arrayContaining(Object.values(own)));
  expect(documented).toHaveLength(Object.values(own).length + 1);
});

it('docs/reference/transports/redis.md has the fields of an entry', () => {
  const fields = toFields(messageOf(1, { headers: {} })).filter((_, index) => index % 2 === 0);
  const documented = [...tableOf('redis', 'What an entry holds').keys()];
  expect(documented.filter((name) => name.startsWith(':'))).toEqual(fields);
});

it('docs/reference/transports/redis.md has every warning', () => {
  const names: Readonly<Record<RedisWarning['name'], true>> = {
    redisEviction: true,
    redisNotPersistent: true,
    redisSettingsUnknown: true,
  };
  expect([...tableOf('redis', 'Unsafe settings').keys()]).toEqual(Object.keys(names));
});
