/**
 * The kits of orderchart, for tests only. They need the optional peer `fast-check`.
 */

export type { Decision, OrderRules, OrderState } from '../rules/index.ts';
export {
  arbitraryLife,
  arbitraryPause,
  arbitraryReport,
  arbitraryRequest,
} from './arbitraries.ts';
export {
  arbitraryPlace,
  type CommandPools,
  defaultPools,
  extremePools,
} from './arbitrary-place.ts';
export { createMovableClock, type MovableClock } from './clock.ts';
export {
  type ConformanceContext,
  type ConformanceRunner,
  type HostTransaction,
  runStoreConformanceCase,
  type StoreConformanceCase,
  type StoreConformanceOptions,
  type StoreFactory,
  type StoreUnderTest,
  storeConformance,
  storeConformanceCases,
} from './conformance/index.ts';
export { delegateStore } from './delegate.ts';
export { delegateTransport } from './delegate-transport.ts';
export {
  type FaultOptions,
  type FaultyStore,
  faultyStore,
  type StoreFault,
  storeFaults,
} from './faults.ts';
export { createOrderHarness, type HarnessOptions, type OrderHarness } from './harness.ts';
export { createSeededIds } from './ids.ts';
export { liveThrough } from './life.ts';
export {
  type Given,
  later,
  orderSpecification,
  type RejectedBy,
  type Step,
  type Then,
  type TimePassed,
} from './specification.ts';
export { createTcpProxy, type TcpProxy } from './tcp-proxy.ts';
export {
  type Arrivals,
  type Consumer,
  type ConsumerOptions,
  runTransportConformanceCase,
  type TransportAbilities,
  type TransportCaseOptions,
  type TransportConformanceCase,
  type TransportConformanceContext,
  type TransportConformanceOptions,
  type TransportConformanceRunner,
  type TransportFactory,
  type TransportNeed,
  type TransportProvision,
  type TransportUnderTest,
  transportConformance,
  transportConformanceCases,
  transportSkipReason,
  type UnopenableTransport,
} from './transport-conformance/index.ts';
export {
  type AckFault,
  ackFaults,
  type FaultyTransport,
  faultyTransport,
  type InjectedFault,
  type PublishFault,
  publishFaults,
  type TransportFaultOptions,
} from './transport-faults.ts';
