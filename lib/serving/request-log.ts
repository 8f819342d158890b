import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { ServerEvent } from './options';

/** Facts of a request that become known while it is answered. */
export interface RequestFacts {
  batch?: number;
  cause?: string;
}

const MAX_PATH = 200;

/** The client's `x-request-id` where it is fit for a log, else a random one. */
export function requestId({ headers }: IncomingMessage): string {
  const given = headers['x-request-id'];
  return typeof given === 'string' && /^[\w.:-]{1,128}$/.test(given) ? given : randomUUID();
}

/** Reports a request once its connection is done with it, answered or not. */
export function reportRequest(
  { id, method, url }: FastifyRequest,
  { raw }: FastifyReply,
  facts: RequestFacts,
  onEvent: (event: ServerEvent) => void,
): void {
  const start = performance.now();
  raw.once('close', () => {
    onEvent({
      event: 'request',
      id,
      method,
      path: url.replace(/\?.*$/s, '').slice(0, MAX_PATH),
      status: raw.writableFinished ? raw.statusCode : 499,
      ms: Math.round(performance.now() - start),
      ...facts,
    });
  });
}
