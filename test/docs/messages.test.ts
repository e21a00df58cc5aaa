import { type OrderEvent, orderEventMessage, parseCloudEvent } from 'orderchart';
import { expect, it } from 'vitest';
import { publishingSink } from '../../src/engine/transports/dead-letters.ts';
import { GuardedTransport } from '../../src/engine/transports/guarded-transport.ts';
import { placed } from '../transport/given-events.ts';
import { scriptedTransport } from '../transport/scripted-transport.ts';
import { readPage, sectionsOf, tablesOf } from './markdown.ts';

const guide = sectionsOf(readPage('docs/guides/connect-a-queue.md'), 2);

/** Every name in the first column of a section's table. */
function namesIn(section: string): readonly string[] {
  const [rows = []] = tablesOf(guide.get(section) ?? '');
  return rows.flatMap(([cell = '']) =>
    [...cell.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name),
  );
}

it('docs/guides/connect-a-queue.md has every attribute of a message', () => {
  const whole: OrderEvent = {
    ...placed,
    causationId: 'a',
    correlationId: 'b',
    actor: { kind: 'staff', id: 'c' },
    trace: {
      traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
      tracestate: 'a=1',
    },
  };
  const {
    extensions,
    data: _,
    dataschema: __,
    ...attributes
  } = parseCloudEvent(orderEventMessage(whole, { history: 1 }));
  const names = [...Object.keys(attributes), ...Object.keys(extensions)];
  expect([...namesIn('What a message is')].sort()).toEqual(names.sort());
});

it('docs/guides/connect-a-queue.md has every header of a dead letter', async () => {
  const transport = scriptedTransport();
  const message = { ...orderEventMessage(placed), headers: {} };
  const keep = publishingSink(new GuardedTransport(transport));
  await keep({ message, reception: 'in', reason: 'a', detail: 'b', error: undefined }, 0);
  expect(namesIn('Dead letters').filter((name) => name.startsWith('orderchart-'))).toEqual(
    Object.keys(transport.published[0]?.headers ?? {}),
  );
});
