/** Why a decider refuses a command. The rules turn it into a rejection. */
export class Refusal {
  readonly code: RefusalCode;
  readonly message: string;
  readonly law: string | undefined;
  readonly figures: Readonly<Record<string, number | string | boolean>>;

  constructor(
    code: RefusalCode,
    message: string,
    details: {
      readonly law?: string;
      readonly figures?: Readonly<Record<string, number | string | boolean>>;
    } = {},
  ) {
    this.code = code;
    this.message = message;
    this.law = details.law;
    this.figures = details.figures ?? {};
  }
}

export type RefusalCode =
  | 'lawBroken'
  | 'unknownReference'
  | 'alreadyUsed'
  | 'currencyMismatch'
  | 'totalMismatch'
  | 'nothingToDo'
  | 'refusedByHost';
