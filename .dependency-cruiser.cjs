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
      name: 'options-are-read-in-one-way',
      comment: 'Whoever takes options of a host reads them by it, so it needs no particular one.',
      from: '^src/options\\.ts$',
      may: ['^src/errors\\.ts$', packages('zod')],
    }),
    room({
      name: 'json-is-a-format',
      comment:
        'Whatever is hashed, signed, measured or compared as text goes by it: it knows no order.',
      from: '^src/json/',
      may: ['^src/json/', '^src/order/values\\.ts$', '^src/errors\\.ts$', '^(node:)?crypto$'],
    }),
    room({
      name: 'rules-are-pure',
      comment:
        'The rules see an order, a command, the time and ids: no engine, no store, no transport.',
      from: '^src/rules/',
      may: [
        '^src/(rules|order|chart|json)/',
        '^src/errors\\.ts$',
        packages('xstate', 'immer', 'zod'),
      ],
    }),
    room({
      name: 'trace-context-is-a-format',
      comment: 'Commands, events and messages carry it; nobody needs to know them to read it.',
      from: '^src/trace-context\\.ts$',
      may: ['^src/order/envelope\\.ts$'],
    }),
    room({
      name: 'recent-map-is-a-collection',
      comment: 'The cache of orders and the adapters keep what was used last in it.',
      from: '^src/recent-map\\.ts$',
      may: [],
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
        '^src/(engine|rules|order|chart|json)/',
        '^src/(errors|options|recent-map)\\.ts$',
        '^src/store/store\\.ts$',
        '^src/transport/(transport|cloud-event)\\.ts$',
        '^src/transport/cloud-event/',
        '^src/trace-context\\.ts$',
        '^node:|^(crypto|timers|timers/promises|perf_hooks|events|async_hooks)$',
        packages('xstate', 'immer', 'zod', 'eventemitter3'),
      ],
    }),
    ...[
      ['kernel', '', 'What all parts of the engine stand on knows none of them.'],
      ['contract', '', 'What callers say and are told is no part of how it is done.'],
      ['commands', '', 'Commands do not know who follows them.'],
      ['timers', '', 'Deadlines go by what they are given.'],
      ['subscriptions', '', 'Commands and subscriptions stand side by side.'],
      ['transports', '|subscriptions', 'Publishing is a subscription.'],
    ].map(([name, more, comment]) => ({
      name: `engine-${name}-in-its-room`,
      comment,
      severity: 'error',
      from: { path: `^src/engine/${name}/` },
      to: {
        path: '^src/engine/',
        pathNot: `^src/engine/(${name}|kernel|contract${more})/|^src/engine/tenants\\.ts$`,
      },
    })),
    {
      name: 'handlers-and-projections-side-by-side',
      comment: 'Two kinds of workers: what they share stands above them.',
      severity: 'error',
      from: { path: '^src/engine/subscriptions/(handlers|projections)/' },
      to: {
        path: '^src/engine/subscriptions/(handlers|projections)/',
        pathNot: '^src/engine/subscriptions/$1/',
      },
    },
    room({
      name: 'port-is-a-description',
      comment: 'A port is written in terms of orders and errors alone.',
      from: '^src/(store/(store|features|records|subscription-store|transaction-store)|transport/transport)\\.ts$',
      may: [
        '^src/order/',
        '^src/errors\\.ts$',
        '^src/store/(features|records|subscription-store|transaction-store)\\.ts$',
      ],
    }),
    {
      name: 'adapter-stays-in-its-place',
      comment:
        'An adapter imports its own folder, its port, the types of order/, errors and options: nothing ' +
        'that an adapter written by somebody else could not import.',
      severity: 'error',
      from: {
        path: '^src/(store|transport)/([^/.]+)',
        pathNot:
          '^src/(store/(store|features|records|subscription-store|transaction-store)|transport/transport).ts$|' +
          '^src/transport/(cloud-event(/|.ts$)|lanes.ts$|backoff.ts$)',
      },
      to: {
        path: '^src/',
        pathNot: [
          '^src/$1/$2(/|\\.ts$)',
          '^src/$1/$1\\.ts$',
          '^src/transport/(cloud-event|define|lanes|backoff|within|event-identity|message-history|received|snapshot)\\.ts$',
          '^src/store/(sql/|list-page\\.ts$)',
          '^src/order/',
          '^src/(errors|options|recent-map)\\.ts$',
        ],
      },
    },
    room({
      name: 'webhook-is-a-transport',
      comment: 'Webhooks go by the port like any broker, and share the small helpers of adapters.',
      from: '^src/webhook/',
      may: [
        '^src/webhook/',
        '^src/transport/(transport|cloud-event|define|lanes|backoff|within|event-identity|message-history|received|snapshot)\\.ts$',
        '^src/order/',
        '^src/(errors|options)\\.ts$',
        packages('zod'),
        '^node:|^(buffer|crypto|dns|events|http|https|net|stream|timers|tls|url)(/|$)',
      ],
    }),
    room({
      name: 'messages-are-pure',
      comment: 'How an event is written as a message: anybody may use it, so it needs nobody.',
      from: '^src/transport/cloud-event(/|\\.ts$)',
      may: [
        '^src/transport/((transport|message-history)\\.ts$|cloud-event(/|\\.ts$))',
        '^src/order/',
        '^src/(errors|trace-context)\\.ts$',
        '^src/json/',
      ],
    }),
    room({
      name: 'helpers-of-adapters-are-small',
      comment: 'What several adapters need, and the port is not about.',
      from: '^src/transport/(lanes|backoff|within|event-identity|message-history|received)\\.ts$',
      may: [],
    }),
    room({
      name: 'helpers-of-stores-know-no-store',
      comment: 'What several stores share: rows of SQL databases, pages of a list.',
      from: '^src/store/(sql/|list-page\\.ts$)',
      may: [
        '^src/order/',
        '^src/errors\\.ts$',
        '^src/store/(store|features|records|subscription-store|transaction-store)\\.ts$',
        '^src/store/sql/',
        '^(node:)?crypto$',
      ],
    }),
    {
      name: 'kafka-takes-any-client',
      comment: 'The Kafka entry takes its client by shape, so it imports none.',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: packages('@platformatic', '@confluentinc') },
    },
    {
      name: 'adapter-takes-types-of-order',
      comment: 'Of order/ an adapter takes types only: the business rules live in one place.',
      severity: 'error',
      from: { path: '^src/(store|transport|webhook)/' },
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
        path: '^(src/(?!index\\.ts$|(store|transport)/\\w+/index\\.ts$|(webhook|testing)/index\\.ts$)|test/)',
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
