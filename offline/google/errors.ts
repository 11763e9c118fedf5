/** A refusal of one of Google's APIs, in the form that all of them have. */
export class ApiError extends Error {
  readonly code: number;
  readonly reason: string;
  readonly details: unknown[];

  constructor(code: number, message: string, reason: string, details: unknown[] = []) {
    super(message);
    this.code = code;
    this.reason = reason;
    this.details = details;
  }

  get body() {
    const { code, message, reason, details } = this;
    const errors = [{ message, domain: "global", reason }];
    return { error: { code, message, errors, ...(details.length > 0 ? { details } : {}) } };
  }
}

export const notFound = (path: string) => new ApiError(404, `The resource '${path}' was not found`, "notFound");
