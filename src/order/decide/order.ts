import type { CommandOf } from '../commands/commands.ts';
import { fact } from '../events/events.ts';
import { openUnitsOf } from '../line-figures.ts';
import type { LineUnits, Order } from '../order.ts';
import { priceOfNext } from '../prices.ts';
import { Refusal } from '../refusal.ts';
import type { Decider } from './decider.ts';
import { creditedAlready, notOpen, unknownLine, withLines } from './references.ts';

export const decideHold: Decider<CommandOf<'order.hold'>> = ({ reason, note }, { order }) => {
  if (order.holds.some((hold) => hold.reason === reason)) {
    return new Refusal('alreadyUsed', `The order is already held for "${reason}".`, {
      figures: { reason },
    });
  }
  return [fact('order.held', { reason, note: note ?? null })];
};

export const decideRelease: Decider<CommandOf<'order.release'>> = ({ reason }, { order }) => {
  if (!order.holds.some((hold) => hold.reason === reason)) {
    return new Refusal(
      'unknownReference',
      `The order is not held for "${reason}": release a reason that it is held for.`,
      { figures: { reason } },
    );
  }
  return [fact('order.released', { reason })];
};

/**
 * All or nothing: a single unit that is not open refuses the whole request. A request that names
 * units cannot name credited ones (law Q4). A request that cancels everything includes them, and
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

/** Makes the fact that cancels units, with their exact price, which is no longer owed. */
export function cancelUnits(order: Order, lines: readonly LineUnits[], cause: string) {
  return fact('order.units_cancelled', {
    cause,
    currency: order.currency,
    lines: withLines(order, lines).map(({ line, lineId, units }) => ({
      lineId,
      units,
      ...priceOfNext(line, units),
    })),
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

/** No facts: the chart changes the state, and emits the event if there is one. */
export const decideByChart: Decider<unknown> = () => [];
