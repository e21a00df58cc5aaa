// Runs before npm scripts that need the Node.js of node_modules/.bin. Plain JavaScript, so that any Node.js can read it.
// Without it an old Node.js would fail later with "Unknown file extension .ts" or "No such built-in module: node:sqlite".

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
// The first that runs .ts files without a flag; node:sqlite and the test runner need less.
const isRecentEnough = major > 22 ? major > 23 || minor >= 6 : major === 22 && minor >= 18;

if (!isRecentEnough) {
  console.error(
    [
      `The scripts of this package need Node.js 22.18 or newer, and this is ${process.version}.`,
      'Normally `npm ci` puts Node.js 24 into node_modules/.bin, and the scripts use that one. It is not there,',
      'most likely because npm was told not to run install scripts.',
      'What to do: `npm rebuild node --ignore-scripts=false`, or run with Node.js 22.18 or newer.',
    ].join('\n'),
  );
  process.exit(1);
}
