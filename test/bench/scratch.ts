import { mkdtempSync, rmSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A folder for the files of one benchmark; it goes when the benchmark is over. */
export class Scratch {
  readonly folder: string;
  #files = 0;

  constructor(parent: string = tmpdir()) {
    this.folder = mkdtempSync(join(parent, 'orderchart-bench-'));
  }

  /** A path that nothing stands at. */
  newPath(): string {
    this.#files += 1;
    return join(this.folder, `${this.#files}.db`);
  }

  /** Removes a file and its companions. */
  remove(path: string): void {
    for (const suffix of ['', '-wal', '-shm']) rmSync(path + suffix, { force: true });
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

const temporaryFileSystem = 0x01021994;

/** Whether a folder is kept in memory, where a flush costs nothing and figures flatter. */
export function isInMemory(folder: string): boolean {
  return statfsSync(folder).type === temporaryFileSystem;
}
