import { OrderchartError } from '../../errors.ts';

/** An option that cannot work. */
export function invalidOption(caller: string, option: string, text: string): OrderchartError {
  return new OrderchartError('invalidArgument', `${caller}: \`${option}\` ${text}.`, {
    details: { option },
  });
}
