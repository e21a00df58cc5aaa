import { DatabaseSync } from 'node:sqlite';
import { describe } from 'vitest';
import { describeDamage } from '../damage.ts';
import { newPath, openStore } from './kit.ts';

describe('rows of a SQLite store that are damaged', () => {
  describeDamage(async () => {
    const path = newPath();
    return {
      store: await openStore(path),
      another: () => openStore(path),
      damage: async (sql) => {
        const database = new DatabaseSync(path);
        database.exec(sql.replaceAll('@', ''));
        database.close();
      },
    };
  });
});
