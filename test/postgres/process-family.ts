import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

/**
 * Kills a process and its children with SIGKILL, and waits until they are gone: what a dead
 * server's children still hold (its shared memory) keeps the next one from starting. Where there
 * is no /proc the children of PostgreSQL notice by themselves that their parent died.
 */
export async function killFamily(parent: number): Promise<void> {
  const family = signalFamily(parent, 'SIGKILL');
  while (family.slice(1).some(isAlive)) await delay(5);
}

/** Sends a signal to a process and its children; gives all of them, the parent first. */
export function signalFamily(parent: number, signal: NodeJS.Signals): readonly number[] {
  const family = [parent, ...childrenOf(parent)];
  for (const id of family) send(id, signal);
  return family;
}

function send(id: number, signal: NodeJS.Signals): void {
  try {
    process.kill(id, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

function childrenOf(parent: number): number[] {
  return allProcesses().filter((id) => statOf(id)?.parent === parent);
}

/** A zombie is dead: it holds nothing, and only waits for its parent to look. */
function isAlive(id: number): boolean {
  const stat = statOf(id);
  return stat !== undefined && stat.state !== 'Z';
}

function allProcesses(): number[] {
  try {
    return readdirSync('/proc').flatMap((name) => (/^\d+$/.test(name) ? [Number(name)] : []));
  } catch {
    return [];
  }
}

function statOf(id: number): { state: string; parent: number } | undefined {
  try {
    const text = readFileSync(`/proc/${id}/stat`, 'utf8');
    // The name in parentheses may hold anything; what we want stands after it.
    const [state = '', parent = ''] = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return { state, parent: Number(parent) };
  } catch {
    return undefined;
  }
}
