import type { Audit, Counts } from './audit.ts';
import { bar, count, money, plural } from './format.ts';
import type { ReplayCounts } from './replay.ts';

/** What `--json` prints: counts of this run, and the contents of the store at its end. */
export interface Summary {
  /** Orders in the store. */
  readonly orders: number;
  readonly commands: number;
  /** Events that this run recorded, including those of deadlines and of the provider. */
  readonly events: number;
  readonly accepted: number;
  readonly rejected: number;
  readonly duplicates: number;
  readonly status: Readonly<Record<string, Counts>>;
  /** Minor units by currency. */
  readonly money: { readonly captured: Counts; readonly refunded: Counts };
  readonly discrepancies: {
    readonly opened: number;
    readonly converged: number;
    readonly open: number;
  };
  readonly lawsChecked: number;
  readonly lawsBroken: number;
  readonly seconds: number;
  readonly commandsPerSecond: number;
  readonly store: string;
}

/** Figures from the engine, collected while it ran. */
export interface RunFigures {
  readonly events: number;
  readonly opened: number;
  readonly converged: number;
  readonly seconds: number;
  readonly store: string;
}

/** What the text output has besides the summary. */
export interface Remarks {
  readonly sentAgain: number;
  readonly rejections: readonly string[];
  readonly lawsBroken: readonly string[];
  /** The number of commits that wrote the commands to the store. */
  readonly batches: number;
  readonly skippedOrders: number;
  readonly unreadRows: number;
}

export function summarize(counts: ReplayCounts, figures: RunFigures, audit: Audit): Summary {
  const { commands, accepted, rejected, duplicates } = counts;
  const { events, opened, converged, seconds, store } = figures;
  return {
    orders: audit.orders,
    commands,
    events,
    accepted,
    rejected,
    duplicates,
    status: audit.status,
    money: audit.money,
    discrepancies: { opened, converged, open: audit.openDiscrepancies },
    lawsChecked: audit.lawsChecked,
    lawsBroken: audit.lawsBroken.length,
    seconds: Math.round(seconds * 1000) / 1000,
    commandsPerSecond: Math.round(commands / seconds),
    store,
  };
}

/** Draws the summary as tables. */
export function drawSummary(summary: Summary, remarks: Remarks): string {
  const { orders, discrepancies } = summary;
  const lines = [
    `${plural(orders, 'order')} on ${summary.store}: ${plural(summary.commands, 'command')} in ` +
      `${summary.seconds.toFixed(1)} s, ${count(summary.commandsPerSecond)} a second, in ` +
      `${plural(remarks.batches, 'commit')}${summary.store === 'sqlite' ? ', each synced to the disk' : ''}`,
    '',
    ...drawTable('this run', drawRun(summary, remarks)),
    ...Object.entries(summary.status).flatMap(([region, states]) => drawRegion(region, states)),
    ...drawTable('money', drawMoney(summary)),
    ...drawTable('discrepancies', [
      ['opened', count(discrepancies.opened), 'in this run'],
      ['converged', count(discrepancies.converged), 'in this run, by themselves'],
      [
        'open',
        count(discrepancies.open),
        discrepancies.open > 0 ? 'a person must resolve these' : '',
      ],
    ]),
    ...drawTable('laws', [
      ['checked', count(summary.lawsChecked), 'after reading every order and its history again'],
      ['broken', count(summary.lawsBroken), ''],
    ]),
    ...remarks.lawsBroken.slice(0, 20).map((broken) => `broken: ${broken}`),
    ...drawSkipped(remarks),
  ];
  return `${lines.join('\n')}\n`;
}

type Line = readonly [name: string, figure: string, remark: string];

function drawTable(title: string, rows: readonly Line[]): readonly string[] {
  const width = Math.max(...rows.map(([, figure]) => figure.length), 7);
  const lines = rows.map(([name, figure, remark], index) =>
    `  ${(index === 0 ? title : '').padEnd(14)} ${name.padEnd(20)} ${figure.padStart(width)}  ${remark}`.trimEnd(),
  );
  return [...lines, ''];
}

function drawRun(summary: Summary, { sentAgain, rejections }: Remarks): readonly Line[] {
  const again =
    sentAgain === 0
      ? ''
      : `${plural(sentAgain, 'report')} came before the order: sent again after it`;
  return [
    ['accepted', count(summary.accepted), again],
    ['rejected', count(summary.rejected), rejections.join(', ')],
    ['duplicates', count(summary.duplicates), summary.duplicates > 0 ? 'recognized' : ''],
    ['events', count(summary.events), 'recorded'],
  ];
}

const barWidth = 30;

function drawRegion(region: string, states: Counts): readonly string[] {
  const rows = Object.entries(states).sort(([, one], [, other]) => other - one);
  const whole = rows.reduce((sum, [, orders]) => sum + orders, 0);
  return drawTable(
    region,
    rows.map(([state, orders]) => [state, count(orders), bar(orders, whole, barWidth)]),
  );
}

function drawMoney({ money: { captured, refunded } }: Summary): readonly Line[] {
  const rows: Line[] = [];
  for (const [name, amounts] of Object.entries({ captured, refunded })) {
    for (const [currency, amount] of Object.entries(amounts)) {
      rows.push([name, money(amount, currency), '']);
    }
  }
  return rows.length === 0 ? [['none', '', '']] : rows;
}

function drawSkipped({ skippedOrders, unreadRows }: Remarks): readonly string[] {
  if (unreadRows === 0) return [];
  return [
    `${plural(unreadRows, 'row')} could not be read, and ${plural(skippedOrders, 'order')} had to ` +
      'be left out; see the lines above.',
  ];
}
