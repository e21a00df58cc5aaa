import { syncBuiltinESMExports } from 'node:module';
import timersPromises from 'node:timers/promises';
import { afterAll, beforeAll, vi } from 'vitest';

const turn = setImmediate;
const turnPromise = timersPromises.setImmediate;

/** Enough turns of the event loop for whatever goes on within the process to come to a wait, or to ask for a turn of its own. */
const quietTurns = 20;

/**
 * Lets the tests of a file run in a time of their own, which stands still while anything goes on in
 * the process, and then moves on to the next timer. So no limit can be too short for a slow machine,
 * nothing is late by chance, and a long wait takes no time. Only for what has no real input or
 * output: an answer from a socket would always be too late.
 */
export function useVirtualTime(): void {
  let isRunning = false;
  let calls = 0;

  /** Counts the calls of what sets a timer or takes a turn: whoever does is not waiting yet. */
  function counted<Parameters extends unknown[], Result>(
    set: (...parameters: Parameters) => Result,
  ): (...parameters: Parameters) => Result {
    return (...parameters) => {
      calls += 1;
      return set(...parameters);
    };
  }

  async function moveOn(): Promise<void> {
    while (isRunning) {
      const before = calls;
      for (let count = 0; count < quietTurns; count += 1) {
        await new Promise<void>((resolve) => void turn(resolve));
      }
      if (isRunning && calls === before) vi.advanceTimersToNextTimer();
    }
  }

  beforeAll(() => {
    const timers = ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'] as const;
    vi.useFakeTimers({ toFake: [...timers, 'performance', 'Date'], fakeNodeBuiltins: true });
    globalThis.setTimeout = counted(globalThis.setTimeout) as typeof setTimeout;
    timersPromises.setTimeout = counted(
      timersPromises.setTimeout,
    ) as typeof timersPromises.setTimeout;
    globalThis.setImmediate = counted(turn) as typeof setImmediate;
    timersPromises.setImmediate = counted(turnPromise) as typeof timersPromises.setImmediate;
    syncBuiltinESMExports();
    isRunning = true;
    void moveOn();
  });

  afterAll(() => {
    isRunning = false;
    vi.useRealTimers();
    globalThis.setImmediate = turn;
    timersPromises.setImmediate = turnPromise;
    syncBuiltinESMExports();
  });
}
