import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { benchmarks } from './benchmarks.ts';

// One benchmark in a process of its own, so that none runs on the heap and the compiled code that
// another left behind. main.ts starts it: child.ts <name> <folder> [quick]

setFlagsFromString('--expose-gc');
globalThis.gc = runInNewContext('gc');

const [name = '', folder = '', quick] = process.argv.slice(2);
const benchmark = benchmarks[name];
if (benchmark === undefined) throw new Error(`There is no benchmark ${name}.`);
const start = performance.now();
const used = process.cpuUsage();
const result = await benchmark.run({
  isQuick: quick === 'quick',
  folder,
  progress: (text) => process.stderr.write(`  ${text}\n`),
});
const { user, system } = process.cpuUsage(used);
const processorShare = Number(((user + system) / 1000 / (performance.now() - start)).toFixed(2));
process.send?.({ ...result, data: { ...result.data, processorShare } }, () => process.disconnect());
