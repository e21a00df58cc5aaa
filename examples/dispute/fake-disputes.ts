/** An event about a dispute as Stripe sends it; only the fields that we read. */
export interface DisputeEvent {
  readonly id: string;
  readonly type: string;
  readonly created: number;
  readonly data: { readonly object: object };
  /** What the example prints for it. */
  readonly says: string;
}

const day = 86_400;
const now = Math.floor(Date.now() / 1000);

const dispute = {
  object: 'dispute',
  id: 'dp_1',
  amount: 5000,
  currency: 'eur',
  reason: 'product_not_received',
  status: 'needs_response',
  balance_transactions: [] as readonly object[],
  evidence_details: { due_by: now + 2 * day },
  payment_intent: 'pi_1',
  metadata: {},
};
const taken = { amount: -5000, currency: 'eur' };
const returned = { amount: 5000, currency: 'eur' };

/** What happened, one after the other: each object is the dispute as it was then. */
const happened: readonly (readonly [string, object, string?])[] = [
  ['charge.dispute.created', dispute],
  ['charge.dispute.funds_withdrawn', { ...dispute, balance_transactions: [taken] }],
  [
    'charge.dispute.closed',
    { ...dispute, status: 'lost', balance_transactions: [taken] },
    'charge.dispute.closed: lost',
  ],
  // The bank looks at the evidence again.
  [
    'charge.dispute.funds_reinstated',
    { ...dispute, status: 'lost', balance_transactions: [taken, returned] },
  ],
  [
    'charge.dispute.closed',
    { ...dispute, status: 'won', balance_transactions: [taken, returned] },
    'charge.dispute.closed: won',
  ],
];

export const disputeEvents: readonly DisputeEvent[] = happened.map(
  ([type, object, says = type], index) => ({
    id: `evt_${index + 1}`,
    type,
    created: now + index,
    data: { object },
    says,
  }),
);
