import { issue, type Issue } from '../issue';

/** Problems an answer lists; a body can hold many more instances than this that are all wrong. */
const MAX_ISSUES = 16;

/** A request that is answered with an error: its status, what is wrong, and headers the answer carries. */
export class HttpError extends Error {
  override readonly name = 'HttpError';

  constructor(
    readonly status: number,
    readonly issues: readonly Issue[],
    readonly headers: Readonly<Record<string, string>> = {},
  ) {
    const listed = issues.slice(0, MAX_ISSUES);
    const problems = listed.map(({ path, message }) => (path === '' ? message : `${path}: ${message}`));
    const more = issues.length > MAX_ISSUES ? [`and ${issues.length - MAX_ISSUES} more`] : [];
    super([...problems, ...more].join('; '));
  }

  /** The body of the answer: `error` is the sentence that the Open Inference Protocol asks for. */
  body(): { readonly error: string; readonly issues: readonly Issue[] } {
    return { error: this.message, issues: this.issues.slice(0, MAX_ISSUES) };
  }
}

/** An answer with one problem. */
export function refusal(status: number, code: string, path: string, message: string, fix: string): HttpError {
  return new HttpError(status, [issue(code, path, message, fix)]);
}

export function notFound(path: string, routes: readonly string[]): HttpError {
  return refusal(404, 'route-unknown', '', `there is nothing at ${path}`, `use ${routes.join(', ')}`);
}

export function methodNotAllowed(method: string, path: string, allowed: string): HttpError {
  const problem = issue('method-not-allowed', '', `${path} does not take ${method}`, `send ${allowed}`);
  return new HttpError(405, [problem], { allow: allowed });
}

export function bodyTooLarge(maxBodyBytes: number): HttpError {
  const fix = 'send fewer instances a request, or start the server with a larger limit';
  return refusal(413, 'body-too-large', '', `the body is larger than ${maxBodyBytes} bytes`, fix);
}

export function unsupportedType(contentType: string): HttpError {
  const message = `the server does not take ${JSON.stringify(contentType)}`;
  const fix = 'send application/json, or a binary content type of the Open Inference Protocol';
  return refusal(415, 'content-type', 'content-type', message, fix);
}

/** @param retryAfterSeconds when the client may try again */
export function unavailable(code: string, message: string, retryAfterSeconds: number): HttpError {
  const problem = issue(code, '', message, `try again in ${retryAfterSeconds} s`);
  return new HttpError(503, [problem], { 'retry-after': String(retryAfterSeconds) });
}

export function timedOut(timeoutMs: number): HttpError {
  const fix = 'send fewer instances a request, or run more replicas';
  return refusal(504, 'request-timeout', '', `no answer within ${timeoutMs} ms`, fix);
}

export function internalError(): HttpError {
  const fix = 'see the log of the server under the id in x-request-id';
  return refusal(500, 'internal-error', '', 'the server failed to answer', fix);
}
