import { AsyncLocalStorage, createHook } from 'node:async_hooks';

/** Which case it is that does something: a runner may run several side by side. */
const caseScope = new AsyncLocalStorage<symbol>();

/** Runs a case, so that what it makes is told from what others make at the same time. */
export function runInScope<Result>(work: () => Promise<Result>): Promise<Result> {
  return caseScope.run(Symbol('case'), work);
}

/** What keeps a process, a port or memory: handles, and timers, also those that are unref'd. */
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
 * Counts what the case has made since `start` and is still there. Not by
 * `process.getActiveResourcesInfo`, which knows neither what is unref'd nor whose a resource is.
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

  /** How many there are of each kind, and of listeners of `process`. */
  counts(): ReadonlyMap<string, number> {
    const byKind = Map.groupBy(this.#alive.values(), (kind) => kind);
    const counts = new Map([...byKind].map(([kind, all]) => [kind, all.length]));
    for (const [name, count] of listenerCounts()) {
      counts.set(`listeners of ${name}`, count - (this.#before.get(name) ?? 0));
    }
    return counts;
  }
}

/** For signals and the end of the process; the suite itself listens for rejections. */
function listenerCounts(): ReadonlyMap<string, number> {
  const names = process.eventNames().filter((name) => name !== 'unhandledRejection');
  return new Map(names.map((name) => [String(name), process.listenerCount(name)]));
}
