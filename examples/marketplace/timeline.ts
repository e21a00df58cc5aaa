import type { AnyStatus, OrderEvent } from 'orderchart';
import type { Story } from './audit.ts';
import { minute, money, plural } from './format.ts';

/** Draws the life of one order, event by event, with the changes of its status. */
export function drawTimeline({ view, events }: Story): string {
  const { currency } = view;
  const customer = view.customerId === null ? '' : `, customer ${view.customerId}`;
  const lines = [`The life of one order: ${view.id}${customer}`, ''];
  let before: AnyStatus = {};
  let time = '';
  for (const event of events) {
    const now = minute(event.occurredAt);
    lines.push(`  ${(now === time ? '' : now).padEnd(17)} ${drawEvent(event, currency)}`);
    const below = [...drawFigures(event, currency), ...drawChanges(before, event.status)];
    lines.push(...below.map((line) => `${' '.repeat(19)}│   ${line}`));
    before = event.status;
    time = now;
  }
  return `${lines.join('\n')}\n`;
}

const nameWidth = 28;

function drawEvent(event: OrderEvent, currency: string): string {
  const told =
    event.recordedAt - event.occurredAt < 60_000 ? '' : `reported at ${minute(event.recordedAt)}`;
  const details = [detailsOf(event, currency), told].filter((text) => text !== '').join(', ');
  const mark = event.type.startsWith('discrepancy.') ? '!' : '●';
  return ` ${mark} ${event.type.padEnd(nameWidth)} ${details}`.trimEnd();
}

/** Describes an event in a few words. */
function detailsOf({ type, data }: OrderEvent, currency: string): string {
  switch (type) {
    case 'order.placed':
      return money(Number(data['total']), currency);
    case 'discrepancy.detected':
      return `law ${data['law']}${meaningOf(data['law'])}`;
    case 'discrepancy.resolved':
      return `law ${data['law']}: ${data['cause']}`;
    default:
      return movedBy(data, currency);
  }
}

function movedBy(data: OrderEvent['data'], currency: string): string {
  const { amount, method, cause, lines } = data;
  const units = Array.isArray(lines)
    ? lines.reduce((sum: number, line: { units: number }) => sum + line.units, 0)
    : 0;
  const parts = [
    typeof amount === 'number' ? money(amount, currency) : '',
    units > 0 ? plural(units, 'unit') : '',
    typeof method === 'string' ? `by ${method}` : '',
    typeof cause === 'string' ? `because of ${cause}` : '',
  ];
  return parts.filter((part) => part !== '').join(', ');
}

/** What it means to break each law that this marketplace breaks. */
const meanings: Readonly<Record<string, string>> = {
  F1: 'handed over before it was paid',
  M1: 'captured more than was authorized',
  M3: 'refunded more than was captured',
  Q1: 'handed over more than was ordered',
  Q2: 'delivered before it was handed over',
};

function meaningOf(law: unknown): string {
  const meaning = meanings[String(law)];
  return meaning === undefined ? '' : `: ${meaning}`;
}

/** Figures of a law that count units; the others are amounts. */
const unitFigures: ReadonlySet<string> = new Set([
  'ordered',
  'cancelled',
  'shipped',
  'delivered',
  'lost',
  'returnedToSender',
  'returnRequested',
  'returned',
]);

/** Draws the figures that show how a law is broken. */
function drawFigures({ type, data }: OrderEvent, currency: string): readonly string[] {
  if (type !== 'discrepancy.detected') return [];
  const figures = Object.entries(data['figures'] as Readonly<Record<string, number>>).map(
    ([name, value]) => `${name} ${unitFigures.has(name) ? value : money(value, currency)}`,
  );
  return [figures.join(', ')];
}

function drawChanges(before: AnyStatus, after: AnyStatus): readonly string[] {
  return Object.entries(after)
    .filter(([region, state]) => before[region] !== undefined && before[region] !== state)
    .map(([region, state]) => `${region} ${before[region]} → ${state}`);
}
