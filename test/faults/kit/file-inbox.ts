import { existsSync, openSync, readFileSync, writeSync } from 'node:fs';
import { createInbox, type Inbox, type MessagePlace } from '../../../src/transport/inbox.ts';
import { historyOf } from '../../../src/transport/message-history.ts';
import type { TransportMessage } from '../../../src/transport/transport.ts';

/**
 * An inbox that outlives its process, as one in a database: what a message leads to is a line in a
 * file, `<id> <history> <sequence> <key>`, and what is remembered is what the lines say, so both are written
 * in one go.
 */
export function fileInbox(path: string): {
  readonly inbox: Inbox;
  readonly effect: (message: TransportMessage) => void;
} {
  const ids = new Set<string>();
  const places = new Map<string, MessagePlace>();
  for (const { id, key, ...place } of readEffects(path)) {
    ids.add(id);
    places.set(key, place);
  }
  const file = openSync(path, 'a');
  const inbox = createInbox({
    store: {
      addId: (id) => {
        const isNew = !ids.has(id);
        ids.add(id);
        return isNew;
      },
      raisePlace: (key, place) => {
        const { history, sequence } = places.get(key) ?? { history: 0, sequence: 0 };
        const isLater = place.history > history;
        const isHigher = isLater || (place.history === history && place.sequence > sequence);
        if (isHigher) places.set(key, place);
        return isHigher;
      },
    },
  });
  return {
    inbox,
    effect: ({ id, sequence, key, headers }) =>
      void writeSync(file, `${id} ${historyOf(headers)} ${sequence} ${key}\n`),
  };
}

/** What the inbox has let through, in its order. */
export function readEffects(path: string): readonly {
  readonly id: string;
  readonly history: number;
  readonly sequence: number;
  readonly key: string;
}[] {
  if (!existsSync(path)) return [];
  return readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [id = '', history = '', sequence = '', ...key] = line.split(' ');
      return { id, history: Number(history), sequence: Number(sequence), key: key.join(' ') };
    });
}
