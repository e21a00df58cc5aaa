import type { Line } from './order.ts';
import type { MinorUnits, Units } from './values.ts';

// What follows from the counts of one line.

/** What a line or charge was charged. */
export function chargedFor(component: {
  readonly net: MinorUnits;
  readonly tax: MinorUnits;
}): MinorUnits {
  return component.net + component.tax;
}

/** Units that were lost or came back to the sender, and were not found. */
export function missingOf({ lost, returnedToSender, found }: Line): Units {
  return lost + returnedToSender - found;
}

/** Units of a line that are neither cancelled nor gone, also when only their arrival was told. */
export function openUnitsOf(line: Line): Units {
  const arrived = line.delivered + missingOf(line);
  return Math.max(0, line.ordered - line.cancelled - Math.max(line.shipped, arrived));
}

/** Whether every unit of a line is cancelled or shipped. */
export function hasLeft({ cancelled, shipped, ordered }: Line): boolean {
  return cancelled + shipped >= ordered;
}

/**
 * Whether every unit of a line is cancelled, delivered or missing for good. Line by line: in a sum,
 * what is too much of one line would hide what another one lacks.
 */
export function hasArrived(line: Line): boolean {
  return line.cancelled + line.delivered + missingOf(line) - madeGoodOf(line) >= line.ordered;
}

/** How many units can be credited for a cause; law Q4. */
export function creditableUnits(line: Line, cause: string): Units {
  const uncredited = line.ordered - line.cancelled - line.creditedUnits;
  switch (cause) {
    case 'return':
      return Math.max(0, Math.min(uncredited, line.returned - line.creditedReturns));
    case 'lost':
    case 'returnedToSender':
      return Math.max(0, Math.min(uncredited, creditableMissing(line)));
    default:
      return Math.max(0, uncredited);
  }
}

function creditableMissing(line: Line): Units {
  return Math.max(0, missingOf(line) - line.creditedMissing - madeGoodOf(line));
}

/**
 * Units that did not arrive, and whose price can still be credited for it; what was free needs none.
 * Of more units than were sold, as a report may tell, the rest can never be credited.
 */
export function unsettledUnits(line: Line): Units {
  return chargedFor(line) === 0 ? 0 : creditableUnits(line, 'lost');
}

/** Units that came back to the sender and are not credited, if lost ones were credited first. */
export function uncreditedAtSender(line: Line): Units {
  return Math.max(0, Math.min(line.returnedToSender, missingOf(line) - line.creditedMissing));
}

/**
 * Units that are missing and need no credit, because as many left beyond those that are sold: sent
 * again, or cancelled before they left all the same.
 */
function madeGoodOf(line: Line): Units {
  const beyond = Math.max(0, line.cancelled + line.shipped - line.ordered);
  return Math.min(Math.max(0, missingOf(line) - line.creditedMissing), beyond);
}
