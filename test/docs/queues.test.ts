import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readOptions as readKafkaOptions } from '../../src/transport/kafka/options.ts';
import { readOptions as readRabbitmqOptions } from '../../src/transport/rabbitmq/options.ts';
import { FakeClient } from '../transport/kafka/fake-client.ts';
import { readPage, root, sectionsOf, tablesOf } from './markdown.ts';

const pages = [
  {
    path: 'docs/reference/transports/rabbitmq.md',
    title: 'Options of createRabbitmqTransport',
    settings: readRabbitmqOptions({ url: 'amqp://a', queue: 'q' }),
    written: { bindingKeys: '#', consumeShards: 'all', tls: 'none', random: 'of the system' },
    source: 'src/transport/rabbitmq/message.ts',
  },
  {
    path: 'docs/reference/transports/kafka.md',
    title: 'Options of createKafkaTransport',
    settings: readKafkaOptions({ client: new FakeClient(), topic: 't' }),
    written: { random: 'of the system' },
    source: 'src/transport/kafka/message.ts',
  },
];

describe.each(pages)('$path', ({ path, title, settings, written, source }) => {
  const sections = sectionsOf(readPage(path), 2);
  const rowsOf = (section: string) => {
    const [rows = []] = tablesOf(sections.get(section) ?? '');
    return rows.map((row) => row.map((cell) => cell.replaceAll('`', '')));
  };

  it('has every option, with its default', () => {
    const table = new Map(rowsOf(title).map(([name = '', value = '']) => [name, value]));
    expect([...table.keys()].toSorted()).toEqual(Object.keys(settings).toSorted());
    for (const [name, value] of table) {
      const actual: unknown = Reflect.get(settings, name);
      const isPlain = ['number', 'boolean', 'string'].includes(typeof actual);
      const isRequired = ['url', 'queue', 'client', 'topic'].includes(name);
      if (isPlain && !isRequired) expect(value, name).toBe(String(actual));
      else expect(value, name).toBe(Reflect.get(written, name) ?? 'none');
    }
  });

  it('names the headers that are its own, and no others', () => {
    const code = readFileSync(join(root, source), 'utf8');
    const used = [...code.matchAll(/'(orderchart-\w+)'/g)].map(([, name]) => name);
    const named = rowsOf('On the wire').flatMap(([, text = '']) => [
      ...text.matchAll(/orderchart-\w+/g),
    ]);
    expect(named.map(([name]) => name).toSorted()).toEqual(used.toSorted());
  });
});
