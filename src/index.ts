/** Everything that a host imports. */

export { createOrderEngine } from './create-order-engine.ts';
export type { OrderEngine, TenantEngine } from './engine/api.ts';
export type { OrderNumbers } from './engine/commands/numbering.ts';
export type { ExecuteContext } from './engine/contract/context.ts';
export type {
  CoreEventMap,
  EventFamily,
  EventName,
  EventSelector,
  SelectedEvent,
} from './engine/contract/event-types.ts';
export type { Accepted, ExecuteResult, Rejected } from './engine/contract/results.ts';
export type { ExtendedEngine } from './engine/extension-types.ts';
export type { PurgeOptions } from './engine/housekeeping.ts';
export type { RetryPolicy } from './engine/kernel/backoff.ts';
export type { Clock, SteadyClock } from './engine/kernel/clock.ts';
export type { IdGenerator } from './engine/kernel/ids.ts';
export type { Logger } from './engine/kernel/logger.ts';
export type { EngineStats } from './engine/kernel/stats.ts';
export type { Listener } from './engine/listeners.ts';
export type { EngineOptions } from './engine/options.ts';
export type { ExpiredOrder } from './engine/order-exports.ts';
export type {
  ExplainOptions,
  Explanation,
  HistoryOptions,
  ListedOrder,
  ListOptions,
  OrderPage,
  OrderView,
  ReadOptions,
} from './engine/reads.ts';
export type {
  HandlerAnswer,
  HandlerContext,
  ProjectionContext,
  ProjectOptions,
  SubscribeOptions,
  SubscriptionStart,
  SubscriptionUpgrade,
} from './engine/subscriptions/options.ts';
export type {
  ParkedLane,
  ParkedOptions,
  ParkingLot,
} from './engine/subscriptions/parking-lot.ts';
export { PermanentHandlerError } from './engine/subscriptions/permanent-error.ts';
export type { RewindTo } from './engine/subscriptions/rewind.ts';
export type { Subscription, SubscriptionStatus } from './engine/subscriptions/subscription.ts';
export type { PartitionStatus } from './engine/subscriptions/worker.ts';
export type { PublishOptions } from './engine/transports/publish.ts';
export type {
  DeadLetter,
  MapAnswer,
  MapContext,
  MappedCommands,
  ReceiveOptions,
} from './engine/transports/receive-options.ts';
export type { Reception, ReceptionStatus } from './engine/transports/reception.ts';
export {
  type ErrorCode,
  type ErrorOptions,
  errorCodes,
  isOrderchartError,
  OrderchartError,
} from './errors.ts';
export {
  type CommandOf,
  type CommandType,
  commandSchemas,
  type OrderCommand,
  type OrderReport,
  type OrderRequest,
  type ReportType,
  type RequestType,
  reportTypes,
  requestTypes,
} from './order/commands/commands.ts';
export type { Actor, OrderEvent, TraceContext } from './order/envelope.ts';
export {
  type CoreEvent,
  type EventData,
  type EventOf,
  type EventType,
  eventSchemas,
  eventTypes,
} from './order/events/events.ts';
export {
  defineExtension,
  type Extension,
  type ExtensionDefinition,
  type HostContext,
} from './order/extension.ts';
export { lifecycleDiagram } from './order/lifecycle/diagram.ts';
export type { OrderStatus, StateName, StatusFilter } from './order/lifecycle/status.ts';
export { currencyExponent, formatMinorUnits } from './order/money.ts';
export type {
  AcceptedDiscrepancy,
  AmountByCode,
  Charge,
  Credit,
  Discrepancies,
  Fulfillment,
  Hold,
  Line,
  LineUnits,
  OpenDiscrepancy,
  Order,
  Return,
  Shipment,
  Tax,
} from './order/order.ts';
export { type LineFigures, type OrderFigures, orderFigures } from './order/order-figures.ts';
export type {
  Dispute,
  Movement,
  MovementKind,
  Operation,
  OperationKind,
  Payment,
} from './order/payment.ts';
export { defaultPolicy, type OrderPolicy, type PolicyChanges } from './order/policy.ts';
export type {
  AnyStatus,
  CurrencyCode,
  Deadline,
  Immutable,
  JsonObject,
  JsonValue,
  MinorUnits,
  Timestamp,
  Units,
} from './order/values.ts';
export {
  type CommandExplanation,
  type Rejection,
  type RejectionCode,
  rejectionCodes,
} from './rules/index.ts';
export { createMemoryStore } from './store/memory.ts';
export {
  type Checkpoint,
  type CommandIdentity,
  type CommandRecord,
  type Commit,
  type CommitOutcome,
  type DueOrder,
  type DuePosition,
  type FeedEntry,
  type JoinRequest,
  type Lease,
  type LeaseRequest,
  type ListPage,
  type ListPosition,
  type ListQuery,
  matchesStatus,
  type OrderKey,
  type OrderRecord,
  type OrderStore,
  type ParkedEvent,
  type ParkedLanesQuery,
  type ParkedOrder,
  type PurgeRequest,
  type PurgeResult,
  type StoreFeatures,
  type SubscriptionStore,
  type TransactionStore,
} from './store/store.ts';
export {
  type MessageLimits,
  parseJsonBody,
} from './transport/cloud-event/bounded-json.ts';
export {
  type OrderEventMessageOptions,
  orderEventMessage,
  orderMessageKey,
  parseOrderEvent,
} from './transport/cloud-event/order-event.ts';
export {
  type CloudEvent,
  type CloudEventMessageOptions,
  type CloudEventMode,
  cloudEventMessage,
  parseCloudEvent,
} from './transport/cloud-event.ts';
export {
  type DriverConsumption,
  defineTransport,
  type TransportDriver,
} from './transport/define.ts';
export type { InProcessQueue, InProcessQueueOptions } from './transport/in-process/queue.ts';
export {
  createInProcessQueue,
  createInProcessTransport,
  type InProcessTransportOptions,
} from './transport/in-process/transport.ts';
export {
  createInbox,
  type Inbox,
  type InboxMessage,
  type InboxOptions,
  type InboxStore,
  type InboxVerdict,
  type MessagePlace,
} from './transport/inbox.ts';
export type {
  ConsumeOptions,
  Consumption,
  Delivery,
  PublishResult,
  Transport,
  TransportFeatures,
  TransportMessage,
} from './transport/transport.ts';
