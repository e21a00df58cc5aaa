import { isOrderchartError } from '../../errors.ts';
import { isPermanentHandlerError } from './permanent-error.ts';

/** A returned command that is not one will not become one by trying again. */
export function isForGood(error: unknown): boolean {
  return isPermanentHandlerError(error) || isOrderchartError(error, 'invalidCommand');
}

/** What is stored as the reason: short, and text that every store can hold. */
export function reasonOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.slice(0, 500).toWellFormed().replaceAll('\0', '');
}
