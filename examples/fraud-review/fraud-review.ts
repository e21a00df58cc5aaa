import { defineExtension } from 'orderchart';
import { z } from 'zod';

/** A person must review an order with this score or a higher one. */
const suspicious = 70;

/** Transitions after a score. The data keep the highest one, so scores may come in any sequence. */
const scored = [{ guard: 'fraudPassed', target: 'passed' }, { target: 'waiting' }];

/**
 * A fraud review next to the order's own lifecycle: a scoring service reports a score, a person
 * clears or blocks a suspicious order, and until then no money is captured and nothing dispatched.
 *
 *     unscored --score--> passed
 *     unscored --high score--> waiting --fraud.clear--> passed
 *                              waiting --fraud.block--> blocked
 */
export const fraudReview = defineExtension({
  name: 'fraud',
  data: { score: -1, verdict: 'open', by: '' },
  events: {
    'fraud.scored': z.strictObject({ score: z.int().min(0).max(100) }),
    'fraud.cleared': z.strictObject({ by: z.string() }),
    'fraud.blocked': z.strictObject({ by: z.string() }),
  },
  recipes: {
    // If several services report a score, the highest one counts.
    'fraud.scored': (data, { score }) => {
      data.score = Math.max(data.score, score);
    },
    'fraud.cleared': (data, { by }) => {
      data.verdict = 'cleared';
      data.by = by;
    },
    'fraud.blocked': (data, { by }) => {
      data.verdict = 'blocked';
      data.by = by;
    },
  },
  reports: { 'fraud.report': z.strictObject({ score: z.int().min(0).max(100) }) },
  requests: {
    'fraud.clear': z.strictObject({ by: z.string() }),
    'fraud.block': z.strictObject({ by: z.string() }),
  },
  decide: {
    'fraud.report': ({ score, occurredAt }) => [
      { type: 'fraud.scored', data: { score }, ...(occurredAt !== undefined && { occurredAt }) },
    ],
    'fraud.clear': ({ by }, { data, refuse }) =>
      by === ''
        ? refuse('An order is cleared by a person: set `by` to their name.', { score: data.score })
        : [{ type: 'fraud.cleared', data: { by } }],
    'fraud.block': ({ by }) => [{ type: 'fraud.blocked', data: { by } }],
  },
  guards: {
    fraudPassed: (_order, { score, verdict }) =>
      verdict === 'cleared' || (verdict === 'open' && score >= 0 && score < suspicious),
  },
  regions: {
    fraud: {
      initial: 'unscored',
      states: {
        unscored: { on: { 'fact.fraud.scored': scored } },
        waiting: {
          on: {
            // Legal only in this state. The facts that they lead to change the state.
            'fraud.clear': {},
            'fraud.block': {},
            'fact.fraud.cleared': 'passed',
            'fact.fraud.blocked': 'blocked',
          },
        },
        passed: { on: { 'fact.fraud.scored': scored } },
        blocked: {},
      },
    },
  },
  requires: {
    'payment.capture': ['fraudPassed'],
    'shipment.dispatch': ['fraudPassed'],
  },
});
