import { type ErrorCode, isOrderchartError, OrderchartError } from '../../errors.ts';

/** The parts of a client's error that this adapter reads. Codes: appendix A of the manual. */
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
  [
    /^(3F|42P01|42883)/,
    diagnosis('does not have the tables of this schema. Let the store migrate'),
  ],
  [/^53/, diagnosis('is out of disk space, memory or connections')],
  [/^57014/, diagnosis('stopped a statement that took longer than statementTimeoutMs')],
  [/^55P03/, diagnosis('waited for a lock for longer than lockTimeoutMs. Try again')],
  [/^(40|25P03)/, diagnosis('rolled back a transaction in favor of another. Try again')],
  [/^25P02/, diagnosis('rolled back a transaction because one of its statements had failed')],
  [/^(57P|08)/, diagnosis('is starting, stopping or gone. Try again')],
  [/^25006/, diagnosis('accepts no writes: it is a standby, or read-only')],
  [/^58/, diagnosis('cannot read or write its files. Check its disk and its log')],
  [/^XX00/, { code: 'storeCorrupt', text: 'found damaged data. Check its log, restore a backup' }],
];

function diagnosis(text: string): Diagnosis {
  return { code: 'storeUnavailable', text };
}

/** Returns the SQLSTATE of a server's error, five characters; `undefined` for any other error. */
export function sqlState(error: unknown): string | undefined {
  const code = (error as ServerFailure | undefined)?.code;
  return typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) ? code : undefined;
}

/** Whether the transaction was certainly rolled back. */
function isUndone(error: unknown): boolean {
  const state = sqlState(error);
  // A server that stops may say so after the commit and before its answer.
  return state !== undefined && !/^(57P|08)/.test(state);
}

/** Whether a batch met another transaction, so that its commits may succeed one by one. */
export function isCollision(error: unknown): boolean {
  return /^(23505|40001|40P01|55P03)$/.test(sqlState(error) ?? '');
}

/** Whether a lock was not obtained in time. */
export function isLockTimeout(error: unknown): boolean {
  return sqlState(error) === '55P03';
}

/** Returns the typed error for a statement that failed and may be repeated. */
export function toStoreError(error: unknown): OrderchartError {
  if (isOrderchartError(error)) return error;
  const state = sqlState(error);
  // Codes hold no secrets, those of Node (ECONNREFUSED...) included; messages of clients may.
  const details = { sqlState: state ?? null, reason: reasonOf(error) };
  if (state === undefined) {
    return new OrderchartError(
      'storeUnavailable',
      'The database cannot be reached, or the connection broke. Try again.',
      { details, cause: error },
    );
  }
  const found = diagnoses.find(([pattern]) => pattern.test(state))?.[1];
  const { code, text } = found ?? {
    code: 'storeDefect' as const,
    text: `failed in an unknown way (${state}). Please report this`,
  };
  return new OrderchartError(code, `The database ${text}.`, { details, cause: error });
}

/** Does the same for a statement that writes; `outcomeUnknown` unless it was rolled back. */
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

/** Returns the error for a database that was set back to an earlier state. */
export function historyChanged(): OrderchartError {
  return new OrderchartError(
    'historyChanged',
    'The database has lost data that was read from it or written to it: a backup was restored, or ' +
      'a standby that was behind took over.',
  );
}
