import type { ListedOrder, Order, OrderEngine, OrderEvent } from 'orderchart';
import { createOrderHarness } from 'orderchart/testing';

/** Counts by name. */
export type Counts = Readonly<Record<string, number>>;

/** The contents of the store, found by reading all of it again. */
export interface Audit {
  readonly orders: number;
  /** The number of orders in each state, by region. */
  readonly status: Readonly<Record<string, Counts>>;
  readonly money: { readonly captured: Counts; readonly refunded: Counts };
  readonly openDiscrepancies: number;
  readonly lawsChecked: number;
  /** One line for every law that does not hold. */
  readonly lawsBroken: readonly string[];
  readonly story: Story | undefined;
}

/** An order and its events, for the timeline. */
export interface Story {
  readonly view: ListedOrder;
  readonly events: readonly OrderEvent[];
}

/** The rules that replay an order's events. They come from the same chart as the engine's own. */
const { rules } = createOrderHarness();

/** Reads every order and its history again, adds up the figures, and checks the laws. */
export async function audit(engine: OrderEngine): Promise<Audit> {
  const ledger = new Ledger();
  for await (const view of allOrders(engine)) {
    const events: OrderEvent[] = [];
    for await (const event of engine.history(view.id)) events.push(event);
    ledger.add({ view, events });
  }
  return ledger.total();
}

async function* allOrders(engine: OrderEngine): AsyncGenerator<ListedOrder> {
  let cursor: string | undefined;
  do {
    const page = await engine.list({ limit: 1000, ...(cursor !== undefined && { cursor }) });
    yield* page.orders;
    cursor = page.cursor;
  } while (cursor !== undefined);
}

class Ledger {
  readonly #status: Record<string, Record<string, number>> = {};
  readonly #captured: Record<string, number> = {};
  readonly #refunded: Record<string, number> = {};
  readonly #lawsBroken: string[] = [];
  #orders = 0;
  #openDiscrepancies = 0;
  #lawsChecked = 0;
  #story: Story | undefined;

  add(story: Story): void {
    const { status, ...order } = story.view;
    this.#orders += 1;
    for (const [region, state] of Object.entries(status)) {
      this.#status[region] ??= {};
      increase(this.#status[region], stateName(state), 1);
    }
    for (const { captured, refunded } of order.payments) {
      increase(this.#captured, order.currency, captured);
      increase(this.#refunded, order.currency, refunded);
    }
    this.#openDiscrepancies += order.discrepancies.open.length;
    this.#check(story);
    if (this.#story === undefined || interestOf(story) >= interestOf(this.#story)) {
      this.#story = story;
    }
  }

  total(): Audit {
    return {
      orders: this.#orders,
      status: this.#status,
      money: { captured: this.#captured, refunded: this.#refunded },
      openDiscrepancies: this.#openDiscrepancies,
      lawsChecked: this.#lawsChecked,
      lawsBroken: this.#lawsBroken,
      story: this.#story,
    };
  }

  #check(story: Story): void {
    const { id } = story.view;
    const { status, deadlines, ...order } = story.view;
    for (const [law, holds] of Object.entries(historyLaws)) {
      if (!holds(story)) this.#lawsBroken.push(`${law} of order ${id}`);
    }
    const broken = rules.brokenLaws({ order, status, deadlines });
    for (const { law, subject } of broken) this.#lawsBroken.push(`${law} of ${subject} ${id}`);
    this.#lawsChecked += Object.keys(historyLaws).length + stateLaws.length;
  }
}

function increase(counts: Record<string, number>, name: string, by: number): void {
  counts[name] = (counts[name] ?? 0) + by;
}

function stateName(state: unknown): string {
  return typeof state === 'string' ? state : JSON.stringify(state);
}

/** The laws that `rules.brokenLaws` checks; `flagged`: each broken ledger law has a discrepancy. */
const stateLaws = ['M5', 'M8', 'L4', 'L5', 'flagged'] as const;

/** Laws between an order and its events. */
const historyLaws = {
  /** The version grows by one per event, without gaps. */
  L1: ({ view, events }) =>
    events.every(({ version }, index) => version === index + 1) && view.version === events.length,
  /** A report is applied at most once. */
  L2: ({ events }) => {
    const reports = events.flatMap(({ data }) =>
      data['reportId'] === undefined ? [] : [`${data['source']} ${data['reportId']}`],
    );
    return new Set(reports).size === reports.length;
  },
  /** Replaying the events gives the stored order, byte for byte. */
  L6: ({ view, events }) => {
    let order: Order | undefined;
    for (const event of events) order = rules.replay(order, event);
    const { version, status, deadlines, updatedAt, figures, ...stored } = view;
    const isSame = JSON.stringify(order) === JSON.stringify(stored);
    return isSame && JSON.stringify(events.at(-1)?.status) === JSON.stringify(status);
  },
} satisfies Record<string, (story: Story) => boolean>;

/** Rates an order for the timeline: best is one in which something went wrong and was resolved. */
function interestOf({ events }: Story): number {
  const has = (type: string): boolean => events.some((event) => event.type === type);
  return (
    (has('discrepancy.resolved') ? 4 : 0) +
    (has('payment.refunded') ? 3 : 0) +
    (has('discrepancy.detected') ? 2 : 0) +
    events.length / 100
  );
}
