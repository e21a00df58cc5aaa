/** What a store can do. The conformance suite selects its cases by these. */
export interface StoreFeatures {
  /** Whether the data outlives the process. */
  readonly durable: boolean;
  /** Whether several processes may use the same data at the same time. */
  readonly shared: boolean;
  /** How many partitions the feed has, numbered from 0; at least 1. */
  readonly partitions: number;
  /** Whether commands run inside a host transaction: `within` and `project` are present. */
  readonly transactions: boolean;
  /**
   * Whether the store detects that it lost data it had returned, because a backup was restored under
   * running engines, or a standby that was behind took over. Then `feed`, and the writes of
   * {@link SubscriptionStore} that name a lease, throw `historyChanged`. Default false: the engine
   * warns when it starts.
   */
  readonly failover?: boolean | undefined;
  /**
   * Whether a server does the writing, so that the process can work at the same time. The engine then
   * sends the next batch before it returns the answers of the last one. Default false.
   */
  readonly remote?: boolean | undefined;
}
