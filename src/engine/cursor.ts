import { z } from 'zod';
import { OrderchartError } from '../errors.ts';
import { idSchema, timestampSchema } from '../order/schemas.ts';
import type { ListPosition } from '../store/store.ts';

const positionSchema = z.tuple([timestampSchema, idSchema]);

/** A position in a list as an opaque text; what it holds may change in any version. */
export function encodeCursor({ placedAt, orderId }: ListPosition): string {
  return Buffer.from(JSON.stringify([placedAt, orderId])).toString('base64url');
}

/** The position that `encodeCursor` wrote; `invalidArgument` for any other text. */
export function decodeCursor(cursor: string): ListPosition {
  const bytes = Buffer.from(cursor, 'base64url');
  try {
    const [placedAt, orderId] = positionSchema.parse(JSON.parse(bytes.toString()));
    const position = { placedAt, orderId };
    // Decoding forgives what encoding never writes; a text that was tampered with is told.
    if (encodeCursor(position) === cursor) return position;
  } catch {
    // Told below, like any other wrong cursor.
  }
  throw new OrderchartError(
    'invalidArgument',
    'The cursor is not one that list gave; begin again without a cursor.',
  );
}
