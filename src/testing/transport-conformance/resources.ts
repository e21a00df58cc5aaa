import { AsyncLocalStorage, createHook } from 'node:async_hooks';

/** Identifies the case that creates a resource, since a runner may run several at the same time. */
const caseScope = new AsyncLocalStorage<symbol>();

/** Runs a case, so that its resources are distinguished from those of concurrent cases. */
export function runInScope<Result>(work: () => Promise<Result>): Promise<Result> {
  return caseScope.run(Symbol('case'), work);
}

/** Resources that occupy a port or memory, or keep the process alive: handles and all timers. */
const kinds: ReadonlySet<string> = new Set([
  'FSEVENTWRAP',
  'FILEHANDLE',
  'MESSAGEPORT',
  'PIPEWRAP',
  'PROCESSWRAP',
  'TCPSERVERWRAP',
  'TCPWRAP',
  'TLSWRAP',
  'Timeout',
  'UDPWRAP',
  'WORKER',
]);

/**
 * Counts the resources that the case created since `start` and that still exist.
 * `process.getActiveResourcesInfo` omits unref'd resources, and does not say which case owns one.
 */
export class ResourceTracker {
  readonly #scope = caseScope.getStore();
  readonly #alive = new Map<number, string>();
  readonly #before = listenerCounts();
  readonly #hook = createHook({
    init: (id, kind) => {
      if (kinds.has(kind) && caseScope.getStore() === this.#scope) this.#alive.set(id, kind);
    },
    destroy: (id) => {
      this.#alive.delete(id);
    },
  });

  start(): void {
    this.#hook.enable();
  }

  stop(): void {
    this.#hook.disable();
  }

  /** The number of resources of each kind, and of listeners on `process`. */
  counts(): ReadonlyMap<string, number> {
    const byKind = Map.groupBy(this.#alive.values(), (kind) => kind);
    const counts = new Map([...byKind].map(([kind, all]) => [kind, all.length]));
    for (const [name, count] of listenerCounts()) {
      counts.set(`listeners of ${name}`, count - (this.#before.get(name) ?? 0));
    }
    return counts;
  }
}

/** Listeners for signals and exit. Those for rejections are not counted: the suite adds its own. */
function listenerCounts(): ReadonlyMap<string, number> {
  const names = process.eventNames().filter((name) => name !== 'unhandledRejection');
  return new Map(names.map((name) => [String(name), process.listenerCount(name)]));
}
