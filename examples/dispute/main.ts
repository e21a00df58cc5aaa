import assert from 'node:assert/strict';
import { createOrderEngine, formatMinorUnits, type OrderEngine } from 'orderchart';
import { paymentReports } from '../stripe/payment-reports.ts';
import { type DisputeEvent, disputeEvents } from './fake-disputes.ts';

const orderId = '1001';
const owner = { orderId, paymentId: 'card' };

/** An order of 50.00 that is paid, delivered and complete. */
async function completedOrder(engine: OrderEngine): Promise<void> {
  const lines = [{ id: 'lamp', quantity: 1, unitPrice: 5000 }];
  const parcel = { orderId, shipmentId: 'parcel-1', lines: [{ lineId: 'lamp', units: 1 }] };
  const paid = { outcome: 'captured', sale: true, amount: 5000, currency: 'EUR' } as const;
  const by = { source: 'stripe', reportId: 'evt_0', objectId: 'ch_1' };
  await engine.execute({ type: 'order.place', orderId, currency: 'EUR', lines });
  await engine.execute({ type: 'payment.report', ...owner, ...paid, ...by });
  await engine.execute({ type: 'shipment.dispatch', ...parcel });
  const scan = { source: 'carrier', reportId: 'scan-1' };
  await engine.execute({ type: 'shipment.report', outcome: 'delivered', ...parcel, ...scan });
}

/** Reports what a webhook of Stripe says. */
async function receive(engine: OrderEngine, event: DisputeEvent): Promise<void> {
  const body = new TextEncoder().encode(JSON.stringify(event));
  const message = { id: event.id, key: '', type: '', sequence: undefined, headers: {}, body };
  for (const report of paymentReports(message, () => owner)) await engine.execute(report);
}

/** The order in one line, and in figures that can be compared. */
async function look(engine: OrderEngine) {
  const view = await engine.get(orderId);
  assert.ok(view);
  const { status, figures, payments, currency } = view;
  const { lifecycle, payment, dispute } = status;
  const { net, due, owed, chargedBack } = figures;
  const amounts = [net, due, owed, chargedBack].map((sum) => formatMinorUnits(sum, currency));
  const [known] = payments[0]?.disputes ?? [];
  const { withdrawn, reinstated, isWon, isLost } = known ?? {};
  return {
    line: row([lifecycle, payment, dispute], amounts),
    outcome: { status, figures, withdrawn, reinstated, isWon, isLost },
  };
}

const row = (words: readonly string[], amounts: readonly string[]) =>
  [...words.map((word) => word.padEnd(11)), ...amounts.map((sum) => sum.padStart(13))].join('');
const print = (what: string, line: string) => console.log(`${what.padEnd(34)}${line}`);

/** The chargeback in order. The host's handlers answer what the engine asks for. */
async function inOrder() {
  await using engine = await createOrderEngine();
  const submitted = Promise.withResolvers<void>();
  await engine.subscribe({
    name: 'disputes',
    from: 'beginning',
    types: ['dispute.evidence_due', 'dispute.submission_requested'],
    handler: (event) => {
      if (event.type === 'dispute.evidence_due') {
        const { paymentId, disputeId } = event.data;
        const evidenceId = 'signature-of-parcel-1';
        return { type: 'dispute.submit', orderId, paymentId, disputeId, evidenceId } as const;
      }
      // Here the host calls its provider.
      console.log(`  evidence is due: ${event.data.evidenceId} is sent to Stripe`);
      submitted.resolve();
      return undefined;
    },
  });

  const columns = ['net', 'due', 'owed', 'charged back'];
  print('', row(['lifecycle', 'payment', 'dispute'], columns));
  await completedOrder(engine);
  print('paid and delivered', (await look(engine)).line);
  for (const event of disputeEvents) {
    await receive(engine, event);
    print(event.says, (await look(engine)).line);
    if (event.says === 'charge.dispute.created') await submitted.promise;
  }
  return (await look(engine)).outcome;
}

/** The same webhooks, each twice, in an order that a seed decides. */
async function shuffled(seed: number) {
  await using engine = await createOrderEngine();
  await completedOrder(engine);
  const events = inRandomOrder([...disputeEvents, ...disputeEvents], seed);
  for (const event of events) await receive(engine, event);
  const { line, outcome } = await look(engine);
  print(`seed ${seed}: ${events.map(({ id }) => id.slice(4)).join(' ')}`, line);
  return outcome;
}

/** A list in an order that a seed decides: the same every time. */
function inRandomOrder<Entry>(entries: readonly Entry[], seed: number): readonly Entry[] {
  let state = seed * 1_000_003;
  const next = () => {
    state = (state * 48271) % 2147483647;
    return state;
  };
  return entries
    .map((entry) => [next(), entry] as const)
    .toSorted(([one], [other]) => one - other)
    .map(([, entry]) => entry);
}

console.log('A chargeback: lost at first, and won a month later.\n');
const expected = await inOrder();
assert.equal(expected.status.lifecycle, 'completed');
assert.equal(expected.status.dispute, 'won');

console.log('\nThe same webhooks, each twice and in a random order:\n');
for (const seed of [1, 2, 3, 4, 5]) assert.deepEqual(await shuffled(seed), expected);
console.log('\nThe order is the same each time.');
