// Thrown by request builders for input that can never make a request; build-request.ts turns it into a value.

/** `code` is stable; `message` is a sentence for whoever wrote the action and repeats no credential. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}
