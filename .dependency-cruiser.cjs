// The rooms of the house (docs/ARCHITECTURE.md): imports go one way, and never in a circle.

const packages = (...names) => `(^|/)node_modules/(${names.join('|')})(/|$)`;

/** A room may import itself and what is listed, nothing else; outside packages and node: modules included. */
const room = ({ name, from, fromNot, may, comment }) => ({
  name,
  comment,
  severity: 'error',
  from: { path: from, ...(fromNot ? { pathNot: fromNot } : {}) },
  to: { pathNot: may },
});

module.exports = {
  forbidden: [
    {
      name: 'no-circular',
      comment: 'Two files that need each other cannot be read, tested or moved alone.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'no-unresolvable',
      comment: 'The import leads nowhere.',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
    room({
      name: 'errors-stand-alone',
      comment: 'Everything imports errors.ts, so it imports nothing.',
      from: '^src/errors\\.ts$',
      may: ['^src/errors\\.ts$'],
    }),
    room({
      name: 'canonical-json-is-a-function',
      comment: 'Whatever is hashed, signed or compared as text is written by it.',
      from: '^src/canonical-json\\.ts$',
      may: ['^src/order/values\\.ts$'],
    }),
    room({
      name: 'trace-context-is-a-format',
      comment: 'Commands, events and messages carry it; nobody needs to know them to read it.',
      from: '^src/trace-context\\.ts$',
      may: ['^src/order/envelope\\.ts$'],
    }),
    room({
      name: 'chart-knows-no-order',
      comment: 'chart/ is about any statechart: XState and our errors only.',
      from: '^src/chart/',
      may: ['^src/chart/', '^src/errors\\.ts$', packages('xstate')],
    }),
    room({
      name: 'order-is-pure',
      comment: 'order/ holds the rules: no storage, no engine, no clock, no node: module.',
      from: '^src/order/',
      may: ['^src/order/', '^src/chart/', '^src/errors\\.ts$', packages('xstate', 'immer', 'zod')],
    }),
    room({
      name: 'engine-sees-ports-only',
      comment:
        'The engine works with any store and transport, so it may not know a particular one.',
      from: '^src/engine/',
      may: [
        '^src/(engine|order|chart)/',
        '^src/errors\\.ts$',
        '^src/store/store\\.ts$',
        '^src/transport/(transport|cloud-event)\\.ts$',
        '^src/transport/cloud-event/',
        '^src/(canonical-json|trace-context)\\.ts$',
        '^node:|^(crypto|timers|timers/promises|perf_hooks|events|async_hooks)$',
        packages('xstate', 'immer', 'zod', 'eventemitter3'),
      ],
    }),
    room({
      name: 'port-is-a-description',
      comment: 'A port is written in terms of orders and errors alone.',
      from: '^src/(store/(store|records|subscription-store)|transport/transport)\\.ts$',
      may: ['^src/order/', '^src/errors\\.ts$', '^src/store/(records|subscription-store)\\.ts$'],
    }),
    {
      name: 'adapter-stays-in-its-place',
      comment:
        'An adapter imports its own folder, its port, the types of order/ and the errors: nothing ' +
        'that an adapter written by somebody else could not import.',
      severity: 'error',
      from: {
        path: '^src/(store|transport)/([^/.]+)',
        pathNot:
          '^src/(store/(store|records|subscription-store)|transport/transport).ts$|' +
          '^src/transport/(cloud-event(/|.ts$)|lanes.ts$|backoff.ts$)',
      },
      to: {
        path: '^src/',
        pathNot: [
          '^src/$1/$2(/|\\.ts$)',
          '^src/$1/$1\\.ts$',
          '^src/transport/(cloud-event|lanes|backoff|within|event-identity)\\.ts$',
          '^src/order/',
          '^src/errors\\.ts$',
        ],
      },
    },
    room({
      name: 'messages-are-pure',
      comment: 'How an event is written as a message: anybody may use it, so it needs nobody.',
      from: '^src/transport/cloud-event(/|\\.ts$)',
      may: [
        '^src/transport/(transport\\.ts$|cloud-event(/|\\.ts$))',
        '^src/order/',
        '^src/(errors|canonical-json|trace-context)\\.ts$',
      ],
    }),
    room({
      name: 'helpers-of-adapters-are-small',
      comment: 'What several adapters need, and the port is not about.',
      from: '^src/transport/(lanes|backoff|within|event-identity)\\.ts$',
      may: [],
    }),
    {
      name: 'kafka-takes-any-client',
      comment: 'The Kafka entry takes its client by shape, so it imports none.',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: packages('kafkajs', '@platformatic', '@confluentinc') },
    },
    {
      name: 'adapter-takes-types-of-order',
      comment: 'Of order/ an adapter takes types only: the business rules live in one place.',
      severity: 'error',
      from: { path: '^src/(store|transport)/' },
      to: { path: '^src/order/', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'testing-is-a-leaf',
      comment: 'The kit is for tests: no other part of the package may need it.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/testing/' },
      to: { path: '^src/testing/' },
    },
    {
      name: 'index-is-the-way-in',
      comment: 'src/index.ts is for hosts; inside, import the file itself.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/testing/' },
      to: { path: '^src/index\\.ts$' },
    },
    {
      name: 'src-is-closed',
      comment: 'What is published needs nothing of what is not.',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^(test|examples)/' },
    },
    {
      name: 'src-needs-no-dev-dependency',
      comment: 'A host installs dependencies, and the peers of the entries that it uses.',
      severity: 'error',
      from: { path: '^src/' },
      to: {
        dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'],
        dependencyTypesNot: ['npm-peer'],
      },
    },
    ...[
      ['nats', '@nats-io'],
      ['rabbitmq', 'amqplib'],
      ['redis', 'ioredis'],
    ].map(([adapter, driver]) => ({
      name: `${driver.replace('@', '')}-in-its-adapter-only`,
      comment: 'A driver is an optional peer: hosts that use another broker do not have it.',
      severity: 'error',
      from: { path: '^src/', pathNot: `^src/transport/${adapter}/` },
      to: { path: packages(driver) },
    })),
    {
      name: 'fast-check-in-the-kit-only',
      comment: 'fast-check is an optional peer: hosts of the engine do not have it.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/testing/' },
      to: { path: packages('fast-check') },
    },
    {
      name: 'examples-use-the-public-entries',
      comment: 'An example shows what a host can do, so it imports the package by its name.',
      severity: 'error',
      from: { path: '^examples/' },
      to: {
        path: '^(src/(?!index\\.ts$|(store|transport)/\\w+/index\\.ts$|testing/index\\.ts$)|test/)',
      },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    // Type imports count: a cycle of types is a cycle for the reader.
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'types', 'node'],
    },
  },
};
