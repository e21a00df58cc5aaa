import { z } from 'zod';

const day = 86_400_000;

/**
 * What the host decides once per engine, and may override per order in `order.place`.
 * Frozen into the order when it is placed: a later change of the host's defaults does not
 * change orders under way.
 */
export const policySchema = z.strictObject({
  /**
   * When an order confirms: `authorized` or `paid` (by itself, when the gross amount authorized
   * or captured reaches the total), `terms` (at once: invoice, cash on delivery), `manual` (only
   * by `order.confirm`).
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
  /** How long money that must go back waits for late reports before it is asked back; milliseconds. */
  settlementDelayMs: z
    .int()
    .min(0)
    .max(30 * day),
  /** How long after its approval a return is waited for before it is closed; milliseconds. */
  returnTimeoutMs: z
    .int()
    .min(1)
    .max(4000 * day),
  /**
   * Who pays back what the order owes by a credit, an overpayment or a refund that failed:
   * `manual` (a request), `auto` (the engine, after `creditDelayMs`, again and again until it is out).
   */
  settleCredits: z.enum(['manual', 'auto']),
  /** How long the engine waits before it pays back what is owed; milliseconds. */
  creditDelayMs: z
    .int()
    .min(0)
    .max(30 * day),
});

/** See {@link policySchema}. */
export type OrderPolicy = z.infer<typeof policySchema>;

/**
 * Confirms when authorized, waits a day for money, returns within 30 days, archive after 90 days;
 * a person pays credits back.
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

/** Rules of a policy that differ from another. */
export type PolicyChanges = {
  readonly [Rule in keyof OrderPolicy]?: OrderPolicy[Rule] | undefined;
};

/** A policy with some of its rules replaced. A rule left out, or given as `undefined`, stays. */
export function mergePolicy(policy: OrderPolicy, changes: PolicyChanges | undefined): OrderPolicy {
  if (changes === undefined) return policy;
  const given = Object.entries(changes).filter(([, rule]) => rule !== undefined);
  return { ...policy, ...Object.fromEntries(given) };
}
