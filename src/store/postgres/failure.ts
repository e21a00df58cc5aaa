import { type ErrorCode, isOrderchartError, OrderchartError } from '../../errors.ts';

/** What a driver throws, as far as this adapter reads it. Codes: PostgreSQL manual, appendix A. */
interface ServerFailure {
  readonly code?: unknown;
  readonly severity?: unknown;
  readonly message?: unknown;
}

interface Diagnosis {
  readonly code: ErrorCode;
  readonly text: string;
}

const diagnoses: readonly (readonly [RegExp, Diagnosis])[] = [
  [/^(28|3D|42501)/, diagnosis('refuses this user or database. Check the address and the rights')],
  [/^(3F|42P01|42883)/, diagnosis('has not the tables of this schema. Let the store migrate')],
  [/^53/, diagnosis('has no room: disk, memory or connections are used up')],
  [/^57014/, diagnosis('stopped a statement that took longer than statementTimeoutMs')],
  [/^55P03/, diagnosis('had to wait for a lock longer than lockTimeoutMs. Try again')],
  [/^(40|25P03)/, diagnosis('undid a transaction in favor of another. Try again')],
  [/^25P02/, diagnosis('undid a transaction because one of its statements had failed')],
  [/^(57P|08)/, diagnosis('is starting, stopping or gone. Try again')],
  [/^25006/, diagnosis('takes no writes: it is a standby, or read-only')],
  [/^58/, diagnosis('cannot read or write its files. Check its disk and its log')],
  [/^XX00/, { code: 'storeCorrupt', text: 'found damaged data. Check its log, restore a backup' }],
];

function diagnosis(text: string): Diagnosis {
  return { code: 'storeUnavailable', text };
}

/** The five characters of SQLSTATE; `undefined` when the server has not said anything. */
export function sqlState(error: unknown): string | undefined {
  const code = (error as ServerFailure | undefined)?.code;
  return typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) ? code : undefined;
}

/** Whether the failure says for certain that the transaction was undone. */
function isUndone(error: unknown): boolean {
  const state = sqlState(error);
  // A server that stops may tell so after the commit and before the answer.
  return state !== undefined && !/^(57P|08)/.test(state);
}

/** Whether the commits of a batch may go through one by one: they met another transaction. */
export function isCollision(error: unknown): boolean {
  return /^(23505|40001|40P01|55P03)$/.test(sqlState(error) ?? '');
}

/** Whether a lock was waited for in vain. */
export function isLockTimeout(error: unknown): boolean {
  return sqlState(error) === '55P03';
}

/** Makes the typed error for a statement that failed and may be repeated. */
export function toStoreError(error: unknown): OrderchartError {
  if (isOrderchartError(error)) return error;
  const state = sqlState(error);
  // Node's own codes (ECONNREFUSED...) have no secret in them; messages of drivers may.
  const details = { sqlState: state ?? null, reason: reasonOf(error) };
  if (state === undefined) {
    return new OrderchartError(
      'storeUnavailable',
      'The database cannot be reached, or the connection broke. Nothing is known to be written.',
      { details, cause: error },
    );
  }
  const found = diagnoses.find(([pattern]) => pattern.test(state))?.[1];
  const { code, text } = found ?? {
    code: 'storeDefect' as const,
    text: `failed in a way the store does not know (${state}). Please report this`,
  };
  return new OrderchartError(code, `The database ${text}.`, { details, cause: error });
}

/** The same for a statement that writes: what is not known to be undone may have been written. */
export function toWriteError(error: unknown): OrderchartError {
  if (isOrderchartError(error) || isUndone(error)) return toStoreError(error);
  return outcomeUnknown(error);
}

export function outcomeUnknown(cause: unknown): OrderchartError {
  return new OrderchartError(
    'outcomeUnknown',
    'The connection to the database broke while it was writing. Repeat the command with its ' +
      'idempotency key to find out whether it was applied.',
    { details: { sqlState: sqlState(cause) ?? null, reason: reasonOf(cause) }, cause },
  );
}

function reasonOf(error: unknown): string | null {
  const code = (error as ServerFailure | undefined)?.code;
  return typeof code === 'string' ? code.slice(0, 64) : null;
}

export function storeClosed(): OrderchartError {
  return new OrderchartError(
    'storeClosed',
    'The Postgres store is not open. Open it first; a closed engine cannot be used again.',
  );
}

/** What was read or written before is not in the database any more. */
export function historyChanged(): OrderchartError {
  return new OrderchartError(
    'historyChanged',
    'The database does not hold what was read from it or written to it before: a backup was put ' +
      'back, or a standby took over that did not have everything.',
  );
}
