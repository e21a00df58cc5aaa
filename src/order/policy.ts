import { z } from 'zod';

const day = 86_400_000;

/**
 * Rules that the host sets per engine, and may override per order in `order.place`. The order
 * stores them when it is placed, so a later change of the defaults does not affect it.
 */
export const policySchema = z.strictObject({
  /**
   * When an order confirms: `authorized` or `paid` (by itself, when the gross amount authorized
   * or captured reaches the total), `terms` (immediately: invoice, cash on delivery), `manual`
   * (only by `order.confirm`).
   */
  confirmWhen: z.enum(['authorized', 'paid', 'terms', 'manual']),
  /** How long a pending order waits for money before it expires; milliseconds. */
  unpaidTimeoutMs: z
    .int()
    .min(1)
    .max(400 * day),
  /** How long after the last delivery a return may be requested; milliseconds. */
  returnWindowMs: z
    .int()
    .min(0)
    .max(4000 * day),
  /** How long an ended order stays before it may be archived; milliseconds. */
  retentionMs: z
    .int()
    .min(0)
    .max(40_000 * day),
  /** How long to wait for late reports before returning money; milliseconds. */
  settlementDelayMs: z
    .int()
    .min(0)
    .max(30 * day),
  /** How long after its approval an outstanding return is closed; milliseconds. */
  returnTimeoutMs: z
    .int()
    .min(1)
    .max(4000 * day),
  /**
   * Who pays back what the order owes by a credit, an overpayment or a refund that failed:
   * `manual` (a request), `auto` (the engine, after `creditDelayMs`, retrying until it succeeds).
   */
  settleCredits: z.enum(['manual', 'auto']),
  /** How long the engine waits before it pays back what is owed; milliseconds. */
  creditDelayMs: z
    .int()
    .min(0)
    .max(30 * day),
  /** How long a proposed amendment waits for an answer before it lapses; milliseconds, a week unless told. */
  amendmentTimeoutMs: z
    .int()
    .min(1)
    .max(400 * day)
    .exactOptional(),
  /** When units that come back for an exchange are credited; `inspected` unless told. */
  creditOn: z.enum(['received', 'inspected']).exactOptional(),
  /**
   * How long before evidence for a dispute is due `dispute.evidence_due` is recorded; milliseconds,
   * three days by default.
   */
  evidenceNoticeMs: z
    .int()
    .min(0)
    .max(400 * day)
    .exactOptional(),
});

/** See {@link policySchema}. */
export type OrderPolicy = z.infer<typeof policySchema>;

/**
 * Confirms when authorized, expires after a day without money, allows returns for 30 days and
 * archiving after 90 days; credits are paid back on request.
 */
export const defaultPolicy: OrderPolicy = {
  confirmWhen: 'authorized',
  unpaidTimeoutMs: day,
  returnWindowMs: 30 * day,
  retentionMs: 90 * day,
  settlementDelayMs: 0,
  returnTimeoutMs: 30 * day,
  settleCredits: 'manual',
  creditDelayMs: day,
};

/** Defaults of rules that a policy may leave out, so that they take no room in most orders. */
export const optionalRules = {
  amendmentTimeoutMs: 7 * day,
  creditOn: 'inspected',
  evidenceNoticeMs: 3 * day,
} as const satisfies Partial<OrderPolicy>;

/** Changes to some rules of a policy. */
export type PolicyChanges = {
  readonly [Rule in keyof OrderPolicy]?: OrderPolicy[Rule] | undefined;
};

/** Replaces some rules of a policy. A rule left out, or given as `undefined`, stays. */
export function mergePolicy(policy: OrderPolicy, changes: PolicyChanges | undefined): OrderPolicy {
  if (changes === undefined) return policy;
  const given = Object.entries(changes).filter(([, rule]) => rule !== undefined);
  return { ...policy, ...Object.fromEntries(given) };
}
