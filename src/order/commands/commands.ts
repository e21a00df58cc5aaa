import type { z } from 'zod';
import type { Immutable } from '../values.ts';
import { reportSchemas } from './reports.ts';
import { requestSchemas } from './requests.ts';

/** The schema of every core command, by its type. */
export const commandSchemas = { ...requestSchemas, ...reportSchemas } as const;

export type RequestType = keyof typeof requestSchemas;
export type ReportType = keyof typeof reportSchemas;
export type CommandType = RequestType | ReportType;

/** The command of one type, as the caller writes it. */
export type CommandOf<Type extends CommandType> = Immutable<z.infer<(typeof commandSchemas)[Type]>>;

/** Any request of the core. */
export type OrderRequest = { [Type in RequestType]: CommandOf<Type> }[RequestType];
/** Any report of the core. */
export type OrderReport = { [Type in ReportType]: CommandOf<Type> }[ReportType];
/** Any command of the core: a request, which may be refused, or a report, which is never lost. */
export type OrderCommand = OrderRequest | OrderReport;

export const requestTypes = Object.keys(requestSchemas) as readonly RequestType[];
export const reportTypes = Object.keys(reportSchemas) as readonly ReportType[];

export function isReportType(type: string): type is ReportType {
  return Object.hasOwn(reportSchemas, type);
}
