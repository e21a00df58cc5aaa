import assert from 'node:assert/strict';
import {
  createOrderEngine,
  formatMinorUnits,
  type OrderCommand,
  type OrderReport,
} from 'orderchart';
import { createMovableClock } from 'orderchart/testing';

// A shirt is too small. The next size costs 5.00 more, and leaves before the small one is back. One
// customer sends the small one back; another keeps both. Run it without any setup:
// `node examples/exchange/main.ts`.
const day = 86_400_000;
const clock = createMovableClock();
const start = clock.now();
await using engine = await createOrderEngine({ clock, policy: { confirmWhen: 'paid' } });

console.log('A large shirt for a small one, sent in advance:');
const shown = new Set(['1001']);
engine.on('*', ({ orderId, type }) => print(orderId, type));
await buy('1001');
await exchange('1001');

console.log('\nThe small shirt comes back:');
await pass(6);
await takeBack('1001');
assert.equal((await engine.get('1001'))?.figures.due, 0);

await buy('1002');
await exchange('1002');
console.log('\nAnother customer never sends it:');
shown.add('1002');
await pass(30);
await printBooks('1002');
assert.equal((await engine.get('1002'))?.figures.due, 4000);

async function buy(orderId: string): Promise<void> {
  const lines = [{ id: 'small', sku: 'SHIRT-S', quantity: 1, unitPrice: 4000 }];
  await execute({ type: 'order.place', orderId, currency: 'EUR', lines });
  await execute(paid(orderId, 4000, 'charge-1'));
  await ship(orderId, 'small');
  await printBooks(orderId);
}

async function exchange(orderId: string): Promise<void> {
  await execute({
    type: 'exchange.request',
    orderId,
    exchangeId: 'exchange-1',
    returnId: 'return-1',
    back: [{ lineId: 'small', units: 1 }],
    out: [{ id: 'large', sku: 'SHIRT-L', quantity: 1, unitPrice: 4500 }],
    ship: 'inAdvance',
  });
  await printBooks(orderId);
  // The small shirt stands for 40.00 of the 45.00 until it is back. So this is refused...
  await ship(orderId, 'large');
  // ...and only the difference has to be paid.
  await execute(paid(orderId, 500, 'charge-2'));
  await ship(orderId, 'large');
  await printBooks(orderId);
}

/** Once the small shirt is accepted, the engine credits it by itself. */
async function takeBack(orderId: string): Promise<void> {
  const lines = [{ lineId: 'small', units: 1 }];
  const told = { type: 'return.report', orderId, returnId: 'return-1', source: 'shop' } as const;
  await execute({ ...told, outcome: 'received', lines, reportId: 'arrival' });
  await execute({ ...told, outcome: 'inspected', accepted: lines, reportId: 'inspection' });
  await printBooks(orderId);
}

async function ship(orderId: string, lineId: string): Promise<void> {
  const parcel = { orderId, shipmentId: `parcel-${lineId}`, lines: [{ lineId, units: 1 }] };
  if (!(await execute({ type: 'shipment.dispatch', ...parcel }))) return;
  await pass(2);
  const scan = { source: 'carrier', reportId: `${orderId}-${lineId}` };
  await execute({ type: 'shipment.report', outcome: 'delivered', ...parcel, ...scan });
}

function paid(orderId: string, amount: number, objectId: string): OrderReport {
  return {
    type: 'payment.report',
    outcome: 'captured',
    sale: true,
    orderId,
    paymentId: objectId,
    amount,
    currency: 'EUR',
    source: 'provider',
    objectId,
    reportId: objectId,
  };
}

/** Executes a command, and waits for what the engine then does by itself. */
async function execute(command: OrderCommand & { readonly orderId: string }): Promise<boolean> {
  const result = await engine.execute(command);
  await engine.idle();
  if (result.status === 'accepted') return true;
  print(command.orderId, `refused: ${result.rejection.message}`);
  return false;
}

async function pass(days: number): Promise<void> {
  clock.advanceBy(days * day);
  await engine.idle();
}

async function printBooks(orderId: string): Promise<void> {
  const order = await engine.get(orderId);
  assert.ok(order);
  const { currentTotal, net, due } = order.figures;
  const [costs, received, open] = [currentTotal, net, due].map((amount) =>
    formatMinorUnits(amount, order.currency),
  );
  print(orderId, `-> costs ${costs}, paid ${received}, due ${open}`);
}

function print(orderId: string, what: string): void {
  const days = String(Math.floor((clock.now() - start) / day)).padStart(2);
  if (shown.has(orderId)) console.log(`  day ${days}  ${what}`);
}
