// How a kind says no. Inside a kind it is thrown, so that the checks read as a list; defineSourceKind makes it a value.
import type { RefusalCode, UnreadableCode } from './source-kind.ts';

/** The request is not proven to come from the sender. Carries no text of the request. */
export class Refused extends Error {
  override readonly name = 'Refused';
  readonly why: RefusalCode;

  constructor(why: RefusalCode) {
    super(why);
    this.why = why;
  }
}

/** The request is genuine and not what the kind sends. */
export class Unreadable extends Error {
  override readonly name = 'Unreadable';
  readonly why: UnreadableCode;

  constructor(why: UnreadableCode) {
    super(why);
    this.why = why;
  }
}
