import type { CommandOf } from '../commands/commands.ts';
import { fact } from '../events/events.ts';
import { openUnitsOf } from '../line-figures.ts';
import type { LineUnits, Order } from '../order.ts';
import { priceOfNext, untaxed } from '../prices.ts';
import { Refusal } from '../refusal.ts';
import type { Decider } from './decider.ts';
import { creditedAlready, linesById, notOpen, unknownLine } from './references.ts';

export const decideHold: Decider<CommandOf<'order.hold'>> = ({ reason, note }, { order }) => {
  if (order.holds.some((hold) => hold.reason === reason)) {
    return new Refusal('alreadyUsed', `The order is held for "${reason}" already.`, {
      figures: { reason },
    });
  }
  return [fact('order.held', { reason, note: note ?? null })];
};

export const decideRelease: Decider<CommandOf<'order.release'>> = ({ reason }, { order }) => {
  if (!order.holds.some((hold) => hold.reason === reason)) {
    return new Refusal(
      'unknownReference',
      `The order is not held for "${reason}": release one of the reasons it is held for.`,
      { figures: { reason } },
    );
  }
  return [fact('order.released', { reason })];
};

/**
 * All or nothing: one unit beyond what is open refuses the whole request. Whoever names units may
 * not name those that were credited (law Q4); whoever cancels everything takes them along, and
 * nothing more is owed for them.
 */
export const decideCancel: Decider<CommandOf<'order.cancel'>> = (command, { order }) => {
  const lines = command.lines ?? openUnits(order);
  const refused =
    unknownLine(order, lines) ?? notOpen(order, lines) ?? creditedAlready(order, command.lines);
  if (refused !== undefined) return refused;
  return [
    fact('order.cancellation_requested', { reason: command.reason ?? null, lines: [...lines] }),
    cancelUnits(order, lines, 'cancellation'),
  ];
};

/** The fact that takes units off the order, with what is no longer owed for them, exactly. */
export function cancelUnits(order: Order, lines: readonly LineUnits[], cause: string) {
  const lineOf = linesById(order);
  return fact('order.units_cancelled', {
    cause,
    currency: order.currency,
    lines: lines.map(({ lineId, units }) => {
      const line = lineOf.get(lineId);
      const price = line === undefined ? untaxed(0) : priceOfNext(line, units);
      return { lineId, units, ...price };
    }),
  });
}

export function openUnits(order: Order): readonly LineUnits[] {
  return order.lines
    .map((line) => ({ lineId: line.id, units: openUnitsOf(line) }))
    .filter(({ units }) => units > 0);
}

export const decideAnnotate: Decider<CommandOf<'order.annotate'>> = ({ metadata }) => [
  fact('order.annotated', { metadata }),
];

/** Entering the state is all: the chart emits the event. */
export const decideByChart: Decider<unknown> = () => [];
