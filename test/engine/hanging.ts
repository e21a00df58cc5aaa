/** Whether what can hang does. */
export interface Hanging {
  is: boolean;
}

export function never<Result>(): Promise<Result> {
  return new Promise(() => {});
}

/** A method that answers until it is to hang. */
export function hang<Arguments extends unknown[], Result>(
  hanging: Hanging,
  method: (...given: Arguments) => Promise<Result>,
) {
  return (...given: Arguments): Promise<Result> =>
    hanging.is ? never<Result>() : method(...given);
}
