import { seededRandom } from '../../src/testing/random.ts';

/** A source file, and how many lines it has. */
export interface SourceFile {
  readonly path: string;
  readonly lineCount: number;
}

const blockLines = 10;

/**
 * Draws blocks of ten lines until they hold `lines` of them, as the ranges that StrykerJS takes
 * (`src/a.ts:11-20`). The same files, number and seed draw the same blocks.
 */
export function drawBlocks(files: readonly SourceFile[], lines: number, seed: number): string[] {
  const blocks = files.flatMap(({ path, lineCount }) =>
    Array.from({ length: Math.ceil(lineCount / blockLines) }, (_, block) => {
      const first = block * blockLines + 1;
      return `${path}:${first}-${Math.min(first + blockLines - 1, lineCount)}`;
    }),
  );
  const random = seededRandom(seed);
  const drawn: string[] = [];
  while (drawn.length * blockLines < lines && blocks.length > 0) {
    drawn.push(...blocks.splice(Math.floor(random() * blocks.length), 1));
  }
  return drawn.sort();
}
