// An answer that is an error: its HTTP status, and the words that the caller reads.

export class HttpProblem extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}
