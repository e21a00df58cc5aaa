/** Scope of the keys under which deadlines fire. */
export const timerScope = 'timer';

/** Scope of the keys of commands that handlers return. */
export const subscriptionScope = 'subscription';

/** Scope of the keys of commands that came in messages. */
export const receiveScope = 'receive';

/** A caller may not use these: it could keep a deadline from firing by using up its key. */
export const internalScopes: ReadonlySet<string> = new Set([
  timerScope,
  subscriptionScope,
  receiveScope,
]);
