import { describe, expect, it } from 'vitest';
import { disputePrefix } from '../../src/order/disputes.ts';
import { later, orderSpecification, type Then } from '../../src/testing/specification.ts';
import {
  concede,
  day,
  disputed,
  paid,
  payment,
  place,
  reportPayment,
  sold,
  submit,
} from './commands.ts';

// What a merchant asks for in a dispute, and how the engine says that evidence is due.

/** When the orders of these tests are placed. */
const now = 1_767_225_600_000;
const dueIn = (days: number, fields = {}) =>
  disputed('Opened', 10_000, { dueBy: now + days * day, ...fields });
const sale = [place(), sold(10_000)];
const open = [...sale, dueIn(10)];

const announced = ({ harness }: Then) =>
  harness.events.filter(({ type }) => type === 'dispute.evidence_due').map(({ data }) => data);
const deadlines = ({ harness }: Then) =>
  (harness.state?.deadlines ?? []).filter(({ name }) => name.startsWith(disputePrefix));

describe('a merchant in a dispute', () => {
  it('submits evidence, which whoever handles the event hands to the provider', () => {
    const submitted = paid.given(...open).when(submit({ evidenceId: 'file-7' }));
    submitted.thenEvents('dispute.submission_requested').thenStatus({ dispute: 'open' });
    expect(submitted.harness.events.at(-1)?.data).toEqual({
      paymentId: 'p1',
      disputeId: 'dp_1',
      evidenceId: 'file-7',
    });
  });

  it('submits as often as there is something to submit', () => {
    paid
      .given(...open, submit())
      .when(submit())
      .thenEvents('dispute.submission_requested');
  });

  it('concedes it, and it is lost once the provider reports so', () => {
    const conceded = paid.given(...open, disputed('Withdrawn', 10_000)).when(concede());
    conceded.thenEvents('dispute.concession_requested').thenStatus({ dispute: 'open' });
    conceded.harness.execute(disputed('Lost'));
    conceded.thenStatus({ dispute: 'lost' });
  });

  it('moves no money by either', () => {
    for (const request of [submit(), concede()]) {
      const before = paid.given(...open).when();
      const moneyChangedAt = before.harness.state?.order.moneyChangedAt;
      before.harness.advance(day);
      before.harness.execute(request);
      before.thenOrder((order) => expect(order.moneyChangedAt).toBe(moneyChangedAt));
    }
  });

  it('asks for nothing more once it is conceded, won or lost', () => {
    const over = { conceded: concede(), won: disputed('Won'), lost: disputed('Lost') };
    for (const [state, step] of Object.entries(over)) {
      // Another dispute is open: else the guard of the state would refuse.
      const other = disputed('Opened', undefined, { objectId: 'dp_2' });
      for (const request of [submit(), concede()]) {
        paid
          .given(...open, other, step)
          .when(request)
          .thenRejected('alreadyUsed', { figures: { disputeId: 'dp_1', state } });
      }
    }
  });

  it('asks for nothing where no dispute is open', () => {
    for (const request of [submit(), concede()]) {
      const none = { disputes: 0, disputed: 0, chargedBack: 0 };
      const refused = { guard: 'someDisputeOpen', figures: none };
      paid
        .given(...sale)
        .when(request)
        .thenRejected('guardRefused', refused);
      const one = { disputes: 1, disputed: 4_000, chargedBack: 4_000 };
      paid
        .given(...sale, disputed('Lost', 4_000))
        .when(request)
        .thenRejected('guardRefused', { ...refused, figures: one });
    }
  });

  it('names a payment and a dispute that there are', () => {
    for (const wrong of [{ paymentId: 'p9' }, { disputeId: 'dp_9' }]) {
      for (const request of [submit(wrong), concede(wrong)]) {
        paid
          .given(...open)
          .when(request)
          .thenRejected('unknownReference', { figures: wrong });
      }
    }
  });

  it('may do so while the order is held', () => {
    paid
      .given(...open, { type: 'order.hold', reason: 'fraud' })
      .when(submit())
      .thenEvents('dispute.submission_requested');
  });
});

describe('evidence that is due', () => {
  it('is announced once, three days before', () => {
    const early = paid.given(...open).when(later(7 * day - 1));
    expect(announced(early)).toEqual([]);
    early.harness.advance(1);
    const about = { paymentId: 'p1', disputeId: 'dp_1', dueBy: now + 10 * day };
    expect(announced(early)).toEqual([about]);
    early.harness.advance(30 * day);
    expect(announced(early)).toEqual([about]);
    early.thenStatus({ dispute: 'open' });
  });

  it('is announced as early as the policy of the order says', () => {
    const policy = { confirmWhen: 'paid', evidenceNoticeMs: 5 * day } as const;
    const early = orderSpecification({ policy })
      .given(...open)
      .when(later(5 * day));
    expect(announced(early)).toHaveLength(1);
  });

  it('is announced at once where it is due sooner than that, or was due already', () => {
    for (const dueBy of [now + day, now - day, 0]) {
      const soon = paid.given(...sale, disputed('Opened', 1, { dueBy })).when(later(0));
      expect(announced(soon)).toMatchObject([{ dueBy }]);
    }
  });

  it('is announced anew when a later time is reported, and not for an earlier one', () => {
    const then = paid.given(...open, later(7 * day)).when(dueIn(9), later(day));
    expect(announced(then)).toHaveLength(1);
    then.harness.execute(dueIn(20));
    then.harness.advance(9 * day);
    expect(announced(then).map(({ dueBy }) => dueBy)).toEqual([now + 10 * day, now + 20 * day]);
  });

  it('is not announced once it was submitted, until it is due anew', () => {
    const submitted = paid.given(...open, submit()).when(later(30 * day));
    expect(announced(submitted)).toEqual([]);
    submitted.harness.execute(dueIn(40));
    submitted.harness.advance(7 * day);
    expect(announced(submitted)).toHaveLength(1);
  });

  it('is not announced of a dispute that is conceded, won or lost', () => {
    for (const over of [concede(), disputed('Won'), disputed('Lost')]) {
      const then = paid.given(...open).when(over);
      expect(deadlines(then)).toEqual([]);
      then.harness.advance(30 * day);
      expect(announced(then)).toEqual([]);
    }
  });

  it('of many disputes is announced for each, whatever is in their ids', () => {
    // Two pairs of ids that joined by a colon would be one.
    const pairs = [
      ['a', 'b:c'],
      ['a:b', 'c'],
      ['a%3Ab', 'c'],
    ] as const;
    const reports = pairs.map(([paymentId, objectId]) =>
      reportPayment('disputeOpened', undefined, { paymentId, objectId, dueBy: now + 10 * day }),
    );
    const told = paid.given(...sale).when(...reports);
    expect(new Set(deadlines(told).map(({ name }) => name)).size).toBe(3);
    told.harness.advance(7 * day);
    expect(announced(told).map(({ paymentId, disputeId }) => [paymentId, disputeId])).toEqual(
      expect.arrayContaining(pairs.map((pair) => [...pair])),
    );
  });

  it('keeps the latest time and the lesser reason of all that are reported', () => {
    const reports = [
      dueIn(10, { reason: 'fraudulent' }),
      dueIn(12, { reason: 'duplicate' }),
      dueIn(11),
    ];
    for (const told of [reports, reports.toReversed()]) {
      const then = paid.given(...sale).when(...told);
      then.thenOrder((order) =>
        expect(payment(order)?.disputes).toMatchObject([
          { dueBy: now + 12 * day, reason: 'duplicate' },
        ]),
      );
      expect(deadlines(then)).toEqual([{ name: 'dispute:p1:dp_1', dueAt: now + 9 * day }]);
    }
  });
});
