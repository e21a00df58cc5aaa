import { type ErrorCode, isOrderchartError, OrderchartError } from '../../errors.ts';

/** The primary result codes of SQLite with advice of their own; https://sqlite.org/rescode.html */
const resultCodes = {
  permission: 3,
  busy: 5,
  locked: 6,
  readOnly: 8,
  inputOutput: 10,
  corrupt: 11,
  full: 13,
  cannotOpen: 14,
  notADatabase: 26,
} as const;

interface Diagnosis {
  readonly code: ErrorCode;
  readonly text: string;
}

const diagnoses: ReadonlyMap<number, Diagnosis> = new Map<number, Diagnosis>([
  [
    resultCodes.permission,
    { code: 'storeUnavailable', text: 'may not be used by this process. Check its permissions' },
  ],
  [
    resultCodes.busy,
    {
      code: 'storeUnavailable',
      text: 'stayed locked by another process for longer than busyTimeoutMs. Try again',
    },
  ],
  [resultCodes.locked, { code: 'storeUnavailable', text: 'is locked by this process. Try again' }],
  [
    resultCodes.readOnly,
    { code: 'storeUnavailable', text: 'cannot be written. Check its permissions and its folder' },
  ],
  [
    resultCodes.inputOutput,
    { code: 'storeUnavailable', text: 'could not be read or written. Check the disk' },
  ],
  [
    resultCodes.full,
    { code: 'storeUnavailable', text: 'cannot grow: the disk is full. Make room and try again' },
  ],
  [
    resultCodes.cannotOpen,
    {
      code: 'storeUnavailable',
      text: 'cannot be opened. Check that its folder exists and may be written to',
    },
  ],
  [
    resultCodes.corrupt,
    { code: 'storeCorrupt', text: 'is damaged. Restore a backup, or salvage it with .recover' },
  ],
  [
    resultCodes.notADatabase,
    {
      code: 'storeCorrupt',
      text: 'is not an SQLite database, or its beginning is damaged. Restore a backup or give another path',
    },
  ],
]);

/** The parts of an error of `node:sqlite` that this adapter reads. */
interface SqliteFailure {
  readonly code?: unknown;
  readonly errcode?: unknown;
  readonly message?: unknown;
}

/** Whether SQLite gave up waiting for a lock. */
export function isBusy(error: unknown): boolean {
  return primaryCode(error) === resultCodes.busy;
}

/** Returns the typed error for any error while the file at `path` was used. */
export function toStoreError(error: unknown, path: string): OrderchartError {
  if (isOrderchartError(error)) return error;
  const { code, errcode, message } = (error ?? {}) as SqliteFailure;
  if (code === 'ERR_INVALID_STATE') return storeClosed(path, error);
  const diagnosis = diagnoses.get(primaryCode(error));
  if (diagnosis === undefined) {
    return new OrderchartError(
      'storeDefect',
      `The SQLite store failed at ${path}: ${message}. Nothing was written. Please report this.`,
      { details: { path, errcode }, cause: error },
    );
  }
  return new OrderchartError(diagnosis.code, `The file ${path} ${diagnosis.text}.`, {
    details: { path, errcode },
    cause: error,
  });
}

/** Returns the typed error for a COMMIT that failed. */
export function toCommitError(error: unknown, path: string): OrderchartError {
  if (primaryCode(error) !== resultCodes.inputOutput) return toStoreError(error, path);
  // The log may contain the whole transaction although the disk did not confirm it: only the next
  // opening can decide.
  return new OrderchartError(
    'outcomeUnknown',
    `The disk did not confirm a commit to ${path}. Repeat the command with the same key.`,
    { details: { path }, cause: error },
  );
}

/** Returns the primary result code, which is the lowest byte; 0 for any other error. */
function primaryCode(error: unknown): number {
  const errcode = (error as SqliteFailure | undefined)?.errcode;
  return typeof errcode === 'number' ? errcode & 0xff : 0;
}

export function storeClosed(path: string, cause?: unknown): OrderchartError {
  return new OrderchartError(
    'storeClosed',
    `The SQLite store at ${path} is not open. Open it first; a closed engine cannot be used again.`,
    { details: { path }, cause },
  );
}

/** Returns the error for a file that was set back to an earlier state. */
export function historyChanged(path: string): OrderchartError {
  return new OrderchartError(
    'historyChanged',
    `The file ${path} has lost data that was read from it or written to it: an earlier state of it ` +
      'was restored.',
    { details: { path } },
  );
}
