import type { LineUnits, Return, Shipment } from './order.ts';
import type { Units } from './values.ts';

/**
 * Cumulative units of lines ("so far"): a report can raise the known units, but never lower them.
 * So a repeated or late report changes nothing, and reports lead to the same units in any sequence.
 */

/** The units of each line, by its id. */
export function unitsByLine(lines: readonly LineUnits[]): ReadonlyMap<string, Units> {
  return new Map(lines.map(({ lineId, units }) => [lineId, units]));
}

/** By how much a report raises the known units, for the lines that it raises. */
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

/** The known units of all lines after a report. Lines known before keep their positions. */
export function raisedTo(
  known: readonly LineUnits[],
  told: readonly LineUnits[],
): readonly LineUnits[] {
  const after = new Map(unitsByLine(known));
  for (const { lineId, units } of told) {
    after.set(lineId, Math.max(units, after.get(lineId) ?? 0));
  }
  return [...after].map(([lineId, units]) => ({ lineId, units }));
}

/** The lines that a report names, with the known units of each after it. */
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
 * Units of one shipment dispatched and not voided. Computed from two figures that only grow, so
 * reports commute (law L3): a void reported first takes effect once its dispatch is reported.
 */
export function shippedBy({
  dispatched,
  voided,
}: Pick<Shipment, 'dispatched' | 'voided'>): readonly LineUnits[] {
  return less(dispatched, voided);
}

/** Received by a return, and not sent to the customer again: like {@link shippedBy}, it commutes. */
export function keptBy({
  received,
  sentBack,
}: Pick<Return, 'received' | 'sentBack'>): readonly LineUnits[] {
  return sentBack === undefined ? received : less(received, sentBack);
}

/** Not accepted: told so, or sent to the customer again before anybody told it. */
export function refusedBy({
  rejected,
  sentBack,
}: Pick<Return, 'rejected' | 'sentBack'>): readonly LineUnits[] {
  return sentBack === undefined ? rejected : raisedTo(rejected, sentBack);
}

/** Units less others of the same line, zero at least. */
export function less(
  lines: readonly LineUnits[],
  others: readonly LineUnits[],
): readonly LineUnits[] {
  const undone = unitsByLine(others);
  return lines.map(({ lineId, units }) => ({
    lineId,
    units: Math.max(0, units - (undone.get(lineId) ?? 0)),
  }));
}

/**
 * Units of one shipment reported with more than one end (lost, back at the sender, delivered): the
 * reported ends beyond the units that left. Computed from figures that only grow, so reports
 * commute (law L3).
 */
export function foundIn(shipment: Shipment): readonly LineUnits[] {
  const { delivered, lost, returnedToSender } = shipment;
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

/** The lines whose units differ, and by how much. `changed` must have all lines of `known`. */
export function differences(
  known: readonly LineUnits[],
  changed: readonly LineUnits[],
): readonly LineUnits[] {
  const were = unitsByLine(known);
  return changed
    .map(({ lineId, units }) => ({ lineId, units: units - (were.get(lineId) ?? 0) }))
    .filter(({ units }) => units !== 0);
}
