type Plain = string | number | boolean | null | undefined;

/**
 * A command as a caller may write it: the engine copies it and changes nothing, so it may have
 * read-only arrays and `as const`.
 */
export type AsWritten<Value> = Value extends Plain
  ? Value
  : Value extends readonly (infer Element)[]
    ? readonly AsWritten<Element>[]
    : { readonly [Key in keyof Value]: AsWritten<Value[Key]> };
