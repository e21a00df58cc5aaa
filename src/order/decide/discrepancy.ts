import type { CommandOf } from '../commands/commands.ts';
import { fact } from '../events/events.ts';
import { unacceptedBreaches } from '../laws.ts';
import { Refusal } from '../refusal.ts';
import type { Decider } from './decider.ts';

export const decideResolve: Decider<CommandOf<'discrepancy.resolve'>> = (command, { order }) => {
  const { discrepancyId, note } = command;
  const open = order.discrepancies.open.find((candidate) => candidate.id === discrepancyId);
  if (open === undefined) {
    return new Refusal(
      'unknownReference',
      `The order has no open discrepancy "${discrepancyId}": a later report may have resolved it.`,
      { figures: { discrepancyId } },
    );
  }
  const { law, subject } = open;
  const breach = unacceptedBreaches(order).find(
    (candidate) => candidate.law === law && candidate.subject === subject,
  );
  const figures = { ...breach?.figures };
  return [
    fact('discrepancy.resolved', { discrepancyId, law, subject, cause: 'accepted', note, figures }),
  ];
};
