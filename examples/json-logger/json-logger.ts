import type { Logger } from 'orderchart';

/** A logger that writes a line of JSON per message: `jsonLogger((line) => console.log(line))`. */
export function jsonLogger(write: (line: string) => void): Logger {
  const log = (level: keyof Logger) => (message: string, fields: object) => {
    const time = new Date().toISOString();
    write(JSON.stringify({ time, level, message, ...fields }, plain(new WeakSet())));
  };
  return { debug: log('debug'), info: log('info'), warn: log('warn'), error: log('error') };
}

/** Without it, `JSON.stringify` writes `{}` for an error, and throws on a bigint or a cycle. */
function plain(seen: WeakSet<object>) {
  return (_: string, value: unknown): unknown => {
    if (typeof value === 'bigint') return String(value);
    if (typeof value !== 'object' || value === null) return value;
    if (seen.has(value)) return '[seen before]';
    seen.add(value);
    return value instanceof Error ? errorFields(value) : value;
  };
}

/**
 * Logs only these fields: others, which drivers add to their errors, may contain statements, their
 * values or connection settings.
 */
function errorFields({ name, message, stack, cause, ...rest }: Error & { code?: unknown }): object {
  return { name, code: rest.code, message, cause, stack };
}
