/** How to read the actions of one state or transition. */
export interface ActionReading {
  /** The implementations, by name. */
  readonly implementations: Readonly<Record<string, unknown>>;
  /** Ids of the sends that implement the state's own `after` delays. */
  readonly timers: ReadonlySet<string>;
  /** Throws: the chart cannot be learned. */
  readonly refuse: (reason: string) => never;
}

/**
 * Reads actions. A learned chart can have only `emit` and `raise` of a fixed event.
 *
 * @returns The types of the events they emit.
 */
export function readActions(actions: readonly unknown[], reading: ActionReading): string[] {
  return actions.flatMap((action) => readAction(action, reading));
}

function readAction(action: unknown, reading: ActionReading): string[] {
  if (typeof action === 'function') return readBuiltin(action, reading);
  const name = typeof action === 'string' ? action : typeOf(action);
  if (name === undefined) return reading.refuse('action is neither a name nor built in');
  const implementation = Object.hasOwn(reading.implementations, name)
    ? reading.implementations[name]
    : undefined;
  if (typeof implementation !== 'function' || !('resolve' in implementation)) {
    return reading.refuse(`custom action "${name}" (only emit and raise can be learned)`);
  }
  return readBuiltin(implementation, reading);
}

function readBuiltin(action: object, reading: ActionReading): string[] {
  if (!('resolve' in action))
    return reading.refuse('inline action (only emit and raise can be learned)');
  switch (typeOf(action)) {
    case 'xstate.emit':
      return [readEmit(action, reading)];
    case 'xstate.raise':
      readRaise(action, reading);
      return [];
    case 'xstate.cancel':
      readCancel(action, reading);
      return [];
    default:
      return reading.refuse(`action ${shortName(action)} (only emit and raise can be learned)`);
  }
}

/** The type of the event that an action emits or raises; empty for any other action. */
export function builtinEvent(action: unknown, kind: 'emit' | 'raise'): string[] {
  if (typeof action !== 'function' || typeOf(action) !== `xstate.${kind}`) return [];
  const type = 'event' in action ? typeOf(action.event) : undefined;
  return type === undefined || type.startsWith('xstate.') ? [] : [type];
}

function readEmit(action: object, reading: ActionReading): string {
  const event = 'event' in action ? action.event : undefined;
  const type = typeOf(event);
  if (typeof event !== 'object' || type === undefined) {
    return reading.refuse('emit of an event that is not fixed');
  }
  // A step reports only the types of emitted events, so other fields would silently be lost.
  if (Object.keys(event ?? {}).length !== 1)
    reading.refuse(`emit of "${type}" with more than a type`);
  return type;
}

function readRaise(action: object, reading: ActionReading): void {
  const id = 'id' in action ? action.id : undefined;
  const event = 'event' in action ? action.event : undefined;
  const type = typeOf(event);
  if (type !== undefined && type === id && reading.timers.has(id)) return;
  if (typeof event !== 'object' || type === undefined) {
    reading.refuse('raise of an event that is not fixed');
  } else if (type.startsWith('xstate.')) {
    reading.refuse(`raise of the reserved event "${type}"`);
  }
  if ('delay' in action && action.delay !== undefined) {
    reading.refuse(`raise of "${type}" with a delay (use \`after\`)`);
  }
}

function readCancel(action: object, reading: ActionReading): void {
  const id = 'sendId' in action ? action.sendId : undefined;
  if (typeof id !== 'string' || !reading.timers.has(id)) reading.refuse('action cancel');
}

function shortName(action: object): string {
  return typeOf(action)?.replace('xstate.', '') ?? 'of an unknown kind';
}

function typeOf(value: unknown): string | undefined {
  const holder = (typeof value === 'object' && value !== null) || typeof value === 'function';
  if (!holder || !('type' in value) || typeof value.type !== 'string') return undefined;
  return value.type;
}
