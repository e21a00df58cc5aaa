import { invalidOption } from './failure.ts';

/** Checks options of one function, whose name stands before every complaint. */
export interface OptionChecks {
  /** A whole number within bounds; `unit` for the message: `bytes`, `milliseconds`. */
  whole(option: string, value: unknown, bounds: Bounds): number;
  flag(option: string, value: unknown): boolean;
  /** A function, or nothing. */
  callback<Callback>(option: string, value: Callback): Callback;
  /** No option of another name: one that is misspelled would be passed over without a word. */
  known(options: object, names: readonly string[]): void;
  invalid(option: string, text: string): Error;
}

export interface Bounds {
  readonly from: number;
  readonly to: number;
  readonly unit?: string;
}

export const day = 86_400_000;
/** What a timer of the host can wait for: 24.8 days. */
export const longestTimerMs = 2 ** 31 - 1;

export function optionChecks(caller: string): OptionChecks {
  const invalid = (option: string, text: string) => invalidOption(caller, option, text);
  return {
    invalid,
    known: (options, names) => {
      const unknown = Object.keys(options).find((name) => !names.includes(name));
      if (unknown !== undefined) throw invalid(unknown, 'is not an option');
    },
    whole: (option, value, { from, to, unit }) => {
      if (Number.isInteger(value) && Number(value) >= from && Number(value) <= to) {
        return Number(value);
      }
      const of = unit === undefined ? '' : ` of ${unit}`;
      throw invalid(option, `must be a whole number${of} from ${from} to ${to}`);
    },
    flag: (option, value) => {
      if (typeof value === 'boolean') return value;
      throw invalid(option, 'must be true or false');
    },
    callback: (option, value) => {
      if (value === undefined || typeof value === 'function') return value;
      throw invalid(option, 'must be a function');
    },
  };
}
