/**
 * Takes the log messages of the engine: the option `logger`. The engine never writes to the
 * console. A message is one of a fixed set of sentences, listed in docs/guides/run-it-in-production.md;
 * variable parts are in `fields`, and an error is in `fields.error`. If a method throws, the error is ignored.
 *
 * @example
 * const logger: Logger = {
 *   debug: () => {},
 *   info: (message, fields) => console.log(message, fields),
 *   warn: (message, fields) => console.warn(message, fields),
 *   error: (message, fields) => console.error(message, fields),
 * };
 */
export interface Logger {
  /** Takes a message for developers. */
  debug(message: string, fields: Readonly<Record<string, unknown>>): void;
  /** Takes a message about normal operation. */
  info(message: string, fields: Readonly<Record<string, unknown>>): void;
  /** Takes a message about a failure that the engine recovers from. */
  warn(message: string, fields: Readonly<Record<string, unknown>>): void;
  /** Takes a message about a failure that an operator should look at. */
  error(message: string, fields: Readonly<Record<string, unknown>>): void;
}

const nothing = (): void => {};

/** The default: only the host decides to log. */
export const silentLogger: Logger = {
  debug: nothing,
  info: nothing,
  warn: nothing,
  error: nothing,
};

/** Ignores errors of the logger, so that they cannot affect an order. */
export function guardedLogger(logger: Logger): Logger {
  const guard =
    (level: keyof Logger): Logger[typeof level] =>
    (message, fields) => {
      try {
        logger[level](message, fields);
      } catch {
        // There is nowhere left to report it.
      }
    };
  return {
    debug: guard('debug'),
    info: guard('info'),
    warn: guard('warn'),
    error: guard('error'),
  };
}
