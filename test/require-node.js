// Runs before npm scripts, and first in vitest.config.ts. Plain JavaScript, so that any Node.js can read it.
// Without it an old Node.js would fail later with "Unknown file extension .ts", "No such built-in module: node:sqlite"
// or "Promise.withResolvers is not a function".

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
// The first that runs .ts files without a flag; node:sqlite and the test runner need less.
const isRecentEnough = major > 22 ? major > 23 || minor >= 6 : major === 22 && minor >= 18;

if (!isRecentEnough) {
  console.error(
    [
      `The scripts and tests of this package need Node.js 22.18 or newer, and this is ${process.version}.`,
      '`npm ci` puts Node.js 24 into node_modules/.bin, and `npm run`, `npm test` and `npx` use that one. Either you ran a',
      'command without them, or it is not there, most likely because npm was told not to run install scripts.',
      'What to do: run the command with `npx`; or `npm rebuild node --ignore-scripts=false`; or use Node.js 22.18 or newer.',
    ].join('\n'),
  );
  process.exit(1);
}
