// What callers may rely on, once more on Postgres: these tests are the same for every store.
// Those that move a clock while handlers and timers are busy are about the engine alone.
process.env['ORDERCHART_TEST_STORE'] = 'postgres';

await import('./concurrency.test.ts');
await import('./hostile.test.ts');
await import('./idempotency.test.ts');
await import('./tenants.test.ts');
