import { IssueError } from '../issue';
import {
  bodyTooLarge,
  HttpError,
  internalError,
  refusal,
  timedOut,
  unavailable,
  unsupportedType,
} from './http-error';
import type { InferenceRequest } from './inference';

/** What the client hears of an error; anything not foreseen is the server's fault. */
export function toHttpError(
  error: unknown,
  contentType: string | undefined,
  maxBodyBytes: number,
): HttpError {
  if (error instanceof HttpError) return error;
  const {
    code,
    statusCode = 500,
    message,
  } = error as { code?: string; statusCode?: number; message?: string };
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE') return bodyTooLarge(maxBodyBytes);
  if (code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE') return unsupportedType(contentType ?? '');
  if (statusCode >= 500) return internalError();
  return refusal(statusCode, 'request', '', message ?? 'bad request', 'send a valid HTTP request');
}

/**
 * What a failed run means. A model that fails on tensors was given values it cannot take; one that
 * fails on raw inputs was given what its own preprocessing made of them.
 */
export function toRunError(error: unknown, form: InferenceRequest['form'], timeoutMs: number): unknown {
  const cause = error instanceof IssueError ? error.issues[0] : undefined;
  switch (cause?.code) {
    case 'model-timeout':
      return timedOut(timeoutMs);
    case 'model-stopped':
      return unavailable('server-closing', 'the server is shutting down', 1);
    case 'model-run':
      if (form === 'instances') return error;
      return refusal(
        400,
        'model-run',
        'inputs',
        `the model fails on these values: ${cause.message}`,
        'send values the model was trained for',
      );
    default:
      return error;
  }
}

/** An error in one line, for the log. */
export function causeOf(error: unknown): string {
  const problems =
    error instanceof IssueError ? error.issues.map(({ path, message }) => `${path}: ${message}`) : [error];
  return problems
    .map((problem) => (problem instanceof Error ? problem.message : String(problem)))
    .join('; ')
    .replace(/\s+/g, ' ');
}
