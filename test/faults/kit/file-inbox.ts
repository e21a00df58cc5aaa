import { existsSync, openSync, readFileSync, writeSync } from 'node:fs';
import { createInbox, type Inbox } from '../../../src/transport/inbox.ts';
import type { TransportMessage } from '../../../src/transport/transport.ts';

/**
 * An inbox that outlives its process, as one in a database: what a message leads to is a line in a
 * file, `<id> <sequence> <key>`, and what is remembered is what the lines say, so both are written
 * in one go.
 */
export function fileInbox(path: string): {
  readonly inbox: Inbox;
  readonly effect: (message: TransportMessage) => void;
} {
  const ids = new Set<string>();
  const sequences = new Map<string, number>();
  for (const { id, key, sequence } of readEffects(path)) {
    ids.add(id);
    sequences.set(key, sequence);
  }
  const file = openSync(path, 'a');
  const inbox = createInbox({
    store: {
      addId: (id) => {
        const isNew = !ids.has(id);
        ids.add(id);
        return isNew;
      },
      raiseSequence: (key, sequence) => {
        const isHigher = sequence > (sequences.get(key) ?? 0);
        if (isHigher) sequences.set(key, sequence);
        return isHigher;
      },
    },
  });
  return {
    inbox,
    effect: ({ id, sequence, key }) => void writeSync(file, `${id} ${sequence} ${key}\n`),
  };
}

/** What the inbox has let through, in its order. */
export function readEffects(path: string): readonly {
  readonly id: string;
  readonly sequence: number;
  readonly key: string;
}[] {
  if (!existsSync(path)) return [];
  return readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [id = '', sequence = '', ...key] = line.split(' ');
      return { id, sequence: Number(sequence), key: key.join(' ') };
    });
}
