import { expect, it } from 'vitest';
import { drawBlocks } from './sample.ts';

const files = [
  { path: 'src/a.ts', lineCount: 25 },
  { path: 'src/b.ts', lineCount: 200 },
];

it('blocks of ten lines hold as many lines as were asked for', () => {
  const blocks = drawBlocks(files, 80, 7);
  expect(blocks).toHaveLength(8);
  expect(new Set(blocks).size).toBe(8);
});

it('a seed draws the same blocks each time, another seed others', () => {
  expect(drawBlocks(files, 80, 7)).toEqual(drawBlocks(files, 80, 7));
  expect(drawBlocks(files, 80, 8)).not.toEqual(drawBlocks(files, 80, 7));
});

it('a sample larger than the files is all of them, and no line past the end', () => {
  expect(drawBlocks(files.slice(0, 1), 1000, 7)).toEqual([
    'src/a.ts:1-10',
    'src/a.ts:11-20',
    'src/a.ts:21-25',
  ]);
});
