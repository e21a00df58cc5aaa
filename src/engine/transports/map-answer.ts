import type { MappedCommands } from './receive-options.ts';

/** What `map` has answered, in one form. */
export type Mapped = Omit<MappedCommands<unknown>, 'commands'> & {
  readonly commands: readonly unknown[];
};

/** Commands have a `type`, and what is said about them has not. */
export function mappedOf(answer: unknown): Mapped {
  if (answer === undefined || answer === null) return { commands: [] };
  if (Array.isArray(answer)) return { commands: answer };
  if (typeof answer !== 'object' || 'type' in answer || !('commands' in answer)) {
    return { commands: [answer] };
  }
  const { commands, tenantId, actor, correlationId } = answer as MappedCommands<unknown>;
  return {
    commands: Array.isArray(commands) ? commands : [commands],
    tenantId,
    actor,
    correlationId,
  };
}

/** The type that a command names, if it names one. */
export function typeOf(command: unknown): string {
  return typeof command === 'object' && command !== null && 'type' in command
    ? String(command.type)
    : '';
}
