import { defineConfig } from 'tsup';

// ORDERCHART_QUICK=1 leaves the declarations out: `npm start` and `npm run bench` only need the JavaScript.
const isQuick = process.env.ORDERCHART_QUICK === '1';

export default defineConfig({
  entry: {
    index: 'src/index.ts',
    sqlite: 'src/store/sqlite/index.ts',
    postgres: 'src/store/postgres/index.ts',
    nats: 'src/transport/nats/index.ts',
    redis: 'src/transport/redis/index.ts',
    rabbitmq: 'src/transport/rabbitmq/index.ts',
    kafka: 'src/transport/kafka/index.ts',
    webhook: 'src/webhook/index.ts',
    testing: 'src/testing/index.ts',
  },
  format: ['esm', 'cjs'],
  target: 'node22',
  platform: 'node',
  // One copy of every shared module, so that `instanceof` and module state agree between entries.
  splitting: true,
  // tsup would otherwise write 'sqlite' for 'node:sqlite', and that module has no name without the prefix.
  removeNodeProtocol: false,
  dts: !isQuick,
  sourcemap: true,
  // The quick build keeps the declarations of an earlier full build where they are.
  clean: !isQuick,
  silent: isQuick,
});
