import { createOrderEngine, defineExtension } from 'orderchart';
import { z } from 'zod';

// Each line that ends with a mark must not compile.

const engine = await createOrderEngine();
const order = await engine.get('1001');

if (order?.status.lifecycle === 'shipped') throw order; // wrong
if (order?.status.paymnet === 'paid') throw order; // wrong
if (order?.status['weather'] === 'fine') throw order; // wrong

await engine.list({ status: { lifecycle: 'confirmd' } }); // wrong
await engine.list({ status: { lifecycel: 'confirmed' } }); // wrong
await engine.list({ status: { payment: 'confirmed' } }); // wrong

engine.on('order.held', ({ status }) => status.hold === 'hold'); // wrong
engine.on('*', ({ status }) => status.holds); // wrong

await engine.subscribe({
  name: 'audit',
  from: 'beginning',
  handler: ({ status }) => {
    if (status.refund === 'partly') throw status; // wrong
  },
});

for await (const { status } of engine.history('1001')) {
  if (status.fulfillment === 'sent') throw status; // wrong
}

const { commands, status } = await engine.explain('1001');
if (status.returns === 'back') throw commands; // wrong

const result = await engine.execute({ type: 'order.archive', orderId: '1001' });
if (result.status === 'accepted' && result.orderStatus.lifecycle === 'archive') throw result; // wrong

const review = defineExtension({
  name: 'review',
  data: { isDone: false as boolean },
  events: { 'review.done': z.strictObject({}) },
  recipes: { 'review.done': (data) => void Object.assign(data, { isDone: true }) },
  requests: { 'review.finish': z.strictObject({}) },
  decide: { 'review.finish': () => [{ type: 'review.done', data: {} }] },
  guards: { reviewed: (_, data) => data.isDone },
  regions: {
    review: {
      initial: 'open',
      states: {
        open: { on: { 'review.finish': {}, 'fact.review.done': 'done' } },
        done: {},
      },
    },
  },
  requiresInto: {
    'lifecycle.completed': ['reviewed'],
    'lifecycle.complete': ['reviewed'], // wrong
  },
});
const reviewing = await createOrderEngine({ extensions: [review] });
const reviewed = await reviewing.get('1001');
if (reviewed?.status.review === 'finished') throw reviewed; // wrong
if (reviewed?.status.reviews === 'done') throw reviewed; // wrong
await reviewing.list({ status: { review: 'closed' } }); // wrong
await reviewing.list({ status: { review: 'done', lifecycle: 'archive' } }); // wrong
reviewing.on('review.done', ({ status: { review } }) => review === 'opened'); // wrong
reviewing.on('payment.captured', ({ status: { payment } }) => payment === 'payed'); // wrong
