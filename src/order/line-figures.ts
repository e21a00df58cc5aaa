import type { Line } from './order.ts';
import type { MinorUnits, Units } from './values.ts';

// Figures computed from the counts of one line.

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

/**
 * Units of a line that are neither cancelled nor gone. Units reported as arrived are gone even if
 * their dispatch has not been reported.
 */
export function openUnitsOf(line: Line): Units {
  const arrived = line.delivered + missingOf(line);
  return Math.max(0, line.ordered - line.cancelled - Math.max(line.shipped, arrived));
}

/** Whether every unit of a line is cancelled or shipped. */
export function hasLeft({ cancelled, shipped, ordered }: Line): boolean {
  return cancelled + shipped >= ordered;
}

/**
 * Whether every unit of a line is cancelled, delivered, or missing without a replacement. Checked
 * per line: in a sum, a surplus of one line would hide a deficit of another.
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
 * Units that did not arrive and whose price can still be credited. Free units need no credit. A
 * report may say that more units are missing than were sold; the surplus cannot be credited.
 */
export function unsettledUnits(line: Line): Units {
  return chargedFor(line) === 0 ? 0 : creditableUnits(line, 'lost');
}

/** Units back at the sender and not credited, assuming that lost units were credited first. */
export function uncreditedAtSender(line: Line): Units {
  return Math.max(0, Math.min(line.returnedToSender, missingOf(line) - line.creditedMissing));
}

/**
 * Missing units that need no credit, because more units left than were sold: replacements were
 * sent, or units left although they had been cancelled.
 */
function madeGoodOf(line: Line): Units {
  const beyond = Math.max(0, line.cancelled + line.shipped - line.ordered);
  return Math.min(Math.max(0, missingOf(line) - line.creditedMissing), beyond);
}
