/** Counts since the engine was created. */
export interface EngineCounters {
  /** Commands that were taken, including those of timers, subscriptions and messages. */
  commands: number;
  /** Commands that were accepted. */
  accepted: number;
  /** Commands that the rules refused. */
  rejected: number;
  /** Commands with a repeated idempotency key, which got the stored outcome. */
  duplicates: number;
  /** Commands that ended in an error. */
  failed: number;
  /** Events that were recorded. */
  events: number;
  /** Commits that lost against another change of their order and were decided again. */
  conflicts: number;
  /** Commits that found their order locked by a transaction and were decided again. */
  lockWaits: number;
  /** Batches of commits that were sent to the store. */
  batches: number;
  /** Commands whose order was in the cache. */
  cacheHits: number;
  /** Commands whose order had to be loaded. */
  cacheMisses: number;
  /** Deadlines that this engine fired. */
  timersFired: number;
  /** Events that subscriptions handled. */
  eventsHandled: number;
  /** Attempts of handlers that failed and are repeated. */
  handlerRetries: number;
  /** Events that were parked. */
  eventsParked: number;
  /**
   * Events that were put aside, because they failed while others were handled, or came after such
   * an event of their order. They are retried automatically. Counted each time.
   */
  eventsPutAside: number;
  /** Commands returned by handlers that the rules refused. */
  handlerCommandsRejected: number;
  /** Messages that a transport confirmed. */
  messagesPublished: number;
  /** Messages that arrived, including redeliveries. */
  messagesReceived: number;
  /** Messages for which `map` returned no command. */
  messagesIgnored: number;
  /** Messages that became dead letters. */
  messagesDeadLettered: number;
  /** Attempts at messages that failed and are repeated. */
  messageRetries: number;
  /**
   * Messages that were returned to their transport until their next attempt, because many failed
   * and others were to come. Counted each time.
   */
  messagesPutAside: number;
  /** Commands in messages that the rules refused. */
  receivedCommandsRejected: number;
}

/** The counts of this engine since it was created, and its present levels: see `stats`. */
export interface EngineStats extends Readonly<EngineCounters> {
  /** Commands that are waiting or in progress; at most the option `queueSize`. */
  readonly pending: number;
  /** Their JSON in bytes, including decided commits that are not written yet: see `queueBytes`. */
  readonly pendingBytes: number;
  /** Changes of the store's history that were noticed; the engine started over after each. */
  readonly historyChanges: number;
  /** Orders in the cache; at most the option `cacheSize`. */
  readonly cached: number;
  /** The JSON of those orders in bytes; at most the option `cacheBytes`. */
  readonly cachedBytes: number;
  /** Orders with a due deadline that this engine's last attempt could not fire. */
  readonly timersFailing: number;
}

export function newCounters(): EngineCounters {
  return {
    commands: 0,
    accepted: 0,
    rejected: 0,
    duplicates: 0,
    failed: 0,
    events: 0,
    conflicts: 0,
    lockWaits: 0,
    batches: 0,
    cacheHits: 0,
    cacheMisses: 0,
    timersFired: 0,
    eventsHandled: 0,
    handlerRetries: 0,
    eventsParked: 0,
    eventsPutAside: 0,
    handlerCommandsRejected: 0,
    messagesPublished: 0,
    messagesReceived: 0,
    messagesIgnored: 0,
    messagesDeadLettered: 0,
    messageRetries: 0,
    messagesPutAside: 0,
    receivedCommandsRejected: 0,
  };
}
