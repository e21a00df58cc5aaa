import type { z } from 'zod';
import type { Immutable } from '../values.ts';
import { amendmentRequests } from './amendment.ts';
import { discrepancyRequests } from './discrepancy.ts';
import { disputeRequests } from './dispute.ts';
import { exchangeRequests } from './exchange.ts';
import { fulfillmentReports, fulfillmentRequests } from './fulfillment.ts';
import { orderRequests } from './order.ts';
import { paymentReports, paymentRequests } from './payment.ts';
import { returnReports, returnRequests } from './return.ts';
import { shipmentReports, shipmentRequests } from './shipment.ts';

/**
 * Requests ask the engine to do something. The chart (by state or guard) or a law may refuse a
 * request, which then changes nothing.
 */
const requestSchemas = {
  ...orderRequests,
  ...amendmentRequests,
  ...paymentRequests,
  ...disputeRequests,
  ...fulfillmentRequests,
  ...shipmentRequests,
  ...returnRequests,
  ...exchangeRequests,
  ...discrepancyRequests,
} as const;

/**
 * Reports tell what happened in the outside world. A report is never refused for what it says: an
 * impossible one is recorded, and opens a discrepancy. Reports commute (law L3): amounts and units
 * are cumulative ("so far") for a provider object, shipment or return, and the greatest value
 * reported counts.
 */
const reportSchemas = {
  ...paymentReports,
  ...shipmentReports,
  ...fulfillmentReports,
  ...returnReports,
} as const;

/** The schema of every core command, by its type. */
export const commandSchemas = { ...requestSchemas, ...reportSchemas } as const;

/** The type of a core request. */
export type RequestType = keyof typeof requestSchemas;
/** The type of a core report. */
export type ReportType = keyof typeof reportSchemas;
/** The type of any core command. */
export type CommandType = RequestType | ReportType;

/** The command of one type, as the caller writes it. */
export type CommandOf<Type extends CommandType> = Immutable<z.infer<(typeof commandSchemas)[Type]>>;

/** Any request of the core. */
export type OrderRequest = { [Type in RequestType]: CommandOf<Type> }[RequestType];
/** Any report of the core. */
export type OrderReport = { [Type in ReportType]: CommandOf<Type> }[ReportType];
/** Any command of the core: a request, which may be refused, or a report, which is never lost. */
export type OrderCommand = OrderRequest | OrderReport;

/** The types of all core requests. */
export const requestTypes = Object.keys(requestSchemas) as readonly RequestType[];
/** The types of all core reports. */
export const reportTypes = Object.keys(reportSchemas) as readonly ReportType[];

export function isReportType(type: string): type is ReportType {
  return Object.hasOwn(reportSchemas, type);
}
