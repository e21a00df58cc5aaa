import type { LineUnits, Shipment } from './order.ts';
import type { Units } from './values.ts';

/**
 * Units of lines "so far": what is told raises what is known, and never lowers it. So a repeated
 * or late report changes nothing, and any order of reports ends in the same units.
 */

function unitsByLine(lines: readonly LineUnits[]): ReadonlyMap<string, Units> {
  return new Map(lines.map(({ lineId, units }) => [lineId, units]));
}

/** By how much a report raises what is known, for the lines where it does. */
export function raisedBy(
  known: readonly LineUnits[],
  told: readonly LineUnits[],
): readonly LineUnits[] {
  const before = unitsByLine(known);
  const raised: LineUnits[] = [];
  for (const { lineId, units } of told) {
    const more = units - (before.get(lineId) ?? 0);
    if (more > 0) raised.push({ lineId, units: more });
  }
  return raised;
}

/** What is known after a report, of all lines: those known before keep their places. */
export function raisedTo(
  known: readonly LineUnits[],
  told: readonly LineUnits[],
): readonly LineUnits[] {
  const after = new Map(unitsByLine(known));
  for (const { lineId, units } of told) {
    if (units > (after.get(lineId) ?? 0)) after.set(lineId, units);
  }
  return [...after].map(([lineId, units]) => ({ lineId, units }));
}

/** The lines that a report names, with the units that are known of each after it. */
export function soFar(
  known: readonly LineUnits[],
  told: readonly LineUnits[],
): readonly LineUnits[] {
  const before = unitsByLine(known);
  return told.map(({ lineId, units }) => ({
    lineId,
    units: Math.max(units, before.get(lineId) ?? 0),
  }));
}

/**
 * Dispatched and not voided, of one shipment: a function of two figures that only grow, so reports
 * commute (law L3). A void told before its dispatch counts once that is told.
 */
export function shippedBy({
  dispatched,
  voided,
}: Pick<Shipment, 'dispatched' | 'voided'>): readonly LineUnits[] {
  if (voided.length === 0) return dispatched;
  const undone = unitsByLine(voided);
  return dispatched.map(({ lineId, units }) => ({
    lineId,
    units: Math.max(0, units - (undone.get(lineId) ?? 0)),
  }));
}

/**
 * Units of one shipment that were told lost, back at the sender or delivered, and then another of
 * them: as many as there are arrivals beyond what left. A function of figures that only grow.
 */
export function foundIn(shipment: Shipment): readonly LineUnits[] {
  const { delivered, lost, returnedToSender } = shipment;
  // One kind of arrival alone cannot contradict itself.
  if (lost.length === 0 && returnedToSender.length === 0) return none;
  const stages = [delivered, lost, returnedToSender];
  const arrived = new Map<string, Units>();
  const atLeast = new Map(unitsByLine(shippedBy(shipment)));
  for (const stage of stages) {
    for (const { lineId, units } of stage) {
      arrived.set(lineId, (arrived.get(lineId) ?? 0) + units);
      atLeast.set(lineId, Math.max(atLeast.get(lineId) ?? 0, units));
    }
  }
  return [...arrived].map(([lineId, units]) => ({
    lineId,
    units: Math.max(0, units - (atLeast.get(lineId) ?? 0)),
  }));
}

const none: readonly LineUnits[] = [];

/** How many units more or less `changed` has, of the lines where it differs; it has all lines of `known`. */
export function differences(
  known: readonly LineUnits[],
  changed: readonly LineUnits[],
): readonly LineUnits[] {
  if (known === changed) return [];
  const were = unitsByLine(known);
  return changed
    .map(({ lineId, units }) => ({ lineId, units: units - (were.get(lineId) ?? 0) }))
    .filter(({ units }) => units !== 0);
}
