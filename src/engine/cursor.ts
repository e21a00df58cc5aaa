import { z } from 'zod';
import { OrderchartError } from '../errors.ts';
import { idSchema, timestampSchema } from '../order/schemas.ts';
import type { ListPosition } from '../store/store.ts';

const positionSchema = z.tuple([timestampSchema, idSchema]);

/** Encodes a position in a list as an opaque text; its format may change in any version. */
export function encodeCursor({ placedAt, orderId }: ListPosition): string {
  return Buffer.from(JSON.stringify([placedAt, orderId])).toString('base64url');
}

/** Decodes a text of {@link encodeCursor}. Throws `invalidArgument` for any other text. */
export function decodeCursor(cursor: string): ListPosition {
  const bytes = Buffer.from(cursor, 'base64url');
  try {
    const [placedAt, orderId] = positionSchema.parse(JSON.parse(bytes.toString()));
    const position = { placedAt, orderId };
    // Decoding base64 is lenient; a changed text must not pass.
    if (encodeCursor(position) === cursor) return position;
  } catch {
    // Reported below, like any other wrong cursor.
  }
  throw new OrderchartError(
    'invalidArgument',
    'The cursor is not one that list returned; start again without a cursor.',
  );
}
