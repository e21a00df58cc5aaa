/** Counts since the engine was created; the engine adds to them where things happen. */
export interface EngineCounters {
  /** Commands that were taken in, those of timers and subscriptions included. */
  commands: number;
  accepted: number;
  rejected: number;
  /** Answers given again to a repeated idempotency key. */
  duplicates: number;
  /** Calls that ended in a thrown error. */
  failed: number;
  /** Events that were recorded. */
  events: number;
  /** Commits that came too late and were decided again. */
  conflicts: number;
  /** Commits that met a transaction which had their order, and were decided again. */
  lockWaits: number;
  /** Batches that went to the store. */
  batches: number;
  cacheHits: number;
  cacheMisses: number;
  timersFired: number;
  /** Events that were handled by subscriptions. */
  eventsHandled: number;
  /** Attempts of handlers that failed and are repeated. */
  handlerRetries: number;
  /** Events that were parked. */
  eventsParked: number;
  /**
   * Events that were put aside: they failed while others were handled, or waited behind such. They
   * are tried again by themselves. Counted again whenever they go back.
   */
  eventsPutAside: number;
  /** Commands returned by handlers that the rules refused. */
  handlerCommandsRejected: number;
  /** Messages that a transport has confirmed. */
  messagesPublished: number;
  /** Messages that came in, those that came again included. */
  messagesReceived: number;
  /** Messages that were not for this engine: `map` gave no command. */
  messagesIgnored: number;
  /** Messages that could not be understood and went to the dead letters. */
  messagesDeadLettered: number;
  /** Attempts at messages that failed and are repeated. */
  messageRetries: number;
  /**
   * Messages that were given back to their transport because many failed for now, so that others
   * could come. Counted again whenever they go back.
   */
  messagesPutAside: number;
  /** Commands in messages that the rules refused. */
  receivedCommandsRejected: number;
}

/** See {@link EngineCounters}; and how full things are at the moment. */
export interface EngineStats extends Readonly<EngineCounters> {
  /** Commands that wait or are under way; at most the option `queueSize`. */
  readonly pending: number;
  /** How long their JSON is, with what they have decided and is not written yet: see `queueBytes`. */
  readonly pendingBytes: number;
  /** Changes of the store's history that were noticed: after each, the engine has begun anew. */
  readonly historyChanges: number;
  /** Orders in the cache; at most the option `cacheSize`. */
  readonly cached: number;
  /** How long the JSON of those orders is; at most the option `cacheBytes`. */
  readonly cachedBytes: number;
  /** Orders whose deadline is due and could not be fired when it was last tried by this engine. */
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
