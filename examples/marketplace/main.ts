import { runMarketplace } from './marketplace.ts';

// The first signal stops cleanly; `once` has then removed the listener, so a second one ends the
// process.
const interruption = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => interruption.abort());
}
// Stop also when the reader of the output goes away, as `head` does.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', () => interruption.abort());
}

process.exitCode = await runMarketplace(process.argv.slice(2), {
  stdout: process.stdout,
  stderr: process.stderr,
  signal: interruption.signal,
});
