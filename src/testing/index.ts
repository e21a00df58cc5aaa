/**
 * The kits of orderchart, for tests only. They need the optional peer `fast-check`.
 */
export {
  type ConformanceContext,
  type ConformanceRunner,
  runStoreConformanceCase,
  type StoreConformanceCase,
  type StoreConformanceOptions,
  type StoreFactory,
  type StoreUnderTest,
  storeConformance,
  storeConformanceCases,
} from './conformance/index.ts';
