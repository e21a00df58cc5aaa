import type { Draft } from 'immer';
import { latestOf } from '../disputes.ts';
import type { EventType } from '../events/events.ts';
import type { Order } from '../order.ts';
import type { Dispute } from '../payment.ts';
import { leastText } from './least.ts';
import { changePayment } from './payment.ts';
import type { Moment, Recipe, RecipesOf } from './recipe.ts';

/** The fields that these recipes read from reports of disputes. */
interface ReportData {
  readonly paymentId: string;
  readonly objectId: string;
  readonly method: string | null;
  readonly amount?: number;
  readonly reason?: string | null;
  readonly dueBy?: number | null;
}

type Change = (dispute: Dispute, data: Required<ReportData>) => Partial<Dispute>;

/** Records a report of a dispute, and recomputes the payment's figures. */
function report(change: Change) {
  return (order: Draft<Order>, data: ReportData, { recordedAt }: Moment, before: Order): void => {
    const { paymentId, objectId, method } = data;
    const whole = { amount: 0, reason: null, dueBy: null, ...data };
    const written = { order, before, recordedAt };
    changePayment(written, paymentId, method, ({ disputes = [] }) => {
      const changed = withDispute(disputes, objectId, (dispute) => change(dispute, whole));
      return changed === undefined ? undefined : { disputes: changed };
    });
  };
}

/** Returns the disputes with one added or changed; nothing if the report contains nothing new. */
function withDispute(
  disputes: readonly Dispute[],
  id: string,
  change: (dispute: Dispute) => Partial<Dispute>,
): readonly Dispute[] | undefined {
  const at = disputes.findIndex((dispute) => dispute.id === id);
  const known = disputes[at];
  const dispute = known ?? newDispute(id);
  const changes = change(dispute);
  if (known === undefined) return [...disputes, { ...dispute, ...changes }];
  const isNew = Object.entries(changes).some(
    ([name, value]) => known[name as keyof Dispute] !== value,
  );
  return isNew ? disputes.with(at, { ...known, ...changes }) : undefined;
}

function newDispute(id: string): Dispute {
  return {
    id,
    isOpened: false,
    reason: null,
    amount: 0,
    withdrawn: 0,
    reinstated: 0,
    isWon: false,
    isLost: false,
    dueBy: null,
    handledDueBy: null,
    isConceded: false,
  };
}

/** Changes a dispute on request. That moves no money, so `moneyChangedAt` stays. */
function ask(change: (dispute: Dispute) => Partial<Dispute>) {
  return (
    order: Draft<Order>,
    { paymentId, disputeId }: { readonly paymentId: string; readonly disputeId: string },
    _: Moment,
    before: Order,
  ): void => {
    const at = before.payments.findIndex(({ id }) => id === paymentId);
    const changed = withDispute(before.payments[at]?.disputes ?? [], disputeId, change);
    const payment = order.payments[at];
    if (payment !== undefined && changed !== undefined) payment.disputes = changed as Dispute[];
  };
}

/** Evidence for the present time is not announced any more; a later time is announced again. */
const handled = ask(({ dueBy }) => ({ handledDueBy: dueBy }));

type DisputeReport = Extract<EventType, `payment.dispute_${string}`>;

export const disputeRecipes: RecipesOf<'dispute'> & {
  readonly [Type in DisputeReport]: Recipe<Type>;
} = {
  'payment.dispute_opened': report((known, { amount, reason, dueBy }) => ({
    isOpened: true,
    amount: Math.max(known.amount, amount),
    reason: leastText(known.reason, reason),
    dueBy: latestOf(known.dueBy, dueBy),
  })),
  'payment.dispute_withdrawn': report(({ withdrawn }, { amount }) => ({
    withdrawn: Math.max(withdrawn, amount),
  })),
  'payment.dispute_reinstated': report(({ reinstated }, { amount }) => ({
    reinstated: Math.max(reinstated, amount),
  })),
  'payment.dispute_won': report(() => ({ isWon: true })),
  'payment.dispute_lost': report((known, { amount, reason }) => ({
    isLost: true,
    withdrawn: Math.max(known.withdrawn, amount),
    reason: leastText(known.reason, reason),
  })),
  'dispute.submission_requested': handled,
  'dispute.concession_requested': ask(() => ({ isConceded: true })),
  'dispute.evidence_due': handled,
};
