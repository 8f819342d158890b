import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import type { Tensor } from '../artifact';
import type { Exchange } from './capture';
import { decodeRequest } from './decode';
import { encodeResponse, negotiate } from './encode';
import { causeOf, toHttpError, toRunError } from './failures';
import { notFound } from './http-error';
import type { ModelContract } from './inference';
import { JSON_TYPE, readBodyFormat, type Framing } from './media-type';
import type { ServerOptions } from './options';
import { reportRequest, requestId, type RequestFacts } from './request-log';
import { addRoutes } from './routes';

export interface AppOptions extends Required<Pick<ServerOptions, 'maxBodyBytes' | 'timeoutMs' | 'onEvent'>> {
  readonly healthPaths: readonly string[];
  readonly predictPaths: readonly string[];
  readonly isReady: () => boolean;
  /** Connections end with their response from then on. */
  readonly isClosing: () => boolean;
  /** Hears of every request that was answered. @default - nobody */
  readonly onExchange?: (exchange: Exchange) => void;
  readonly run: (feeds: Readonly<Record<string, Tensor>>) => Promise<Readonly<Record<string, Tensor>>>;
}

/** The HTTP side of the server: routes, bodies and errors, without a port and without a model. */
export function createApp(model: ModelContract, options: AppOptions): FastifyInstance {
  const { maxBodyBytes, timeoutMs, healthPaths, predictPaths, isReady, isClosing, run, onEvent, onExchange } =
    options;
  const quiet = new Set([...healthPaths, '/v2/health/live', '/v2/health/ready']);
  const factsOf = new WeakMap<FastifyRequest, RequestFacts>();
  const routes = [...predictPaths, ...healthPaths, `/v2/models/${model.name}/infer`];

  function fail(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
    const failure = toHttpError(error, request.headers['content-type'], maxBodyBytes);
    if (failure.status >= 500) Object.assign(factsOf.get(request) ?? {}, { cause: causeOf(error) });
    void reply.code(failure.status).headers(failure.headers).send(failure.body());
  }

  async function infer(
    request: FastifyRequest,
    reply: FastifyReply,
    framing: Framing,
  ): Promise<FastifyReply> {
    const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
    const format = readBodyFormat(request.headers, body.length);
    const decoded = decodeRequest(body, format, model);
    Object.assign(factsOf.get(request) ?? {}, { batch: decoded.batch });
    const responseFormat = negotiate(decoded, request.headers.accept, format.framing ?? framing);
    const outputs = await run(decoded.feeds).catch((error: unknown) => {
      throw toRunError(error, decoded.form, timeoutMs);
    });
    const response = encodeResponse(decoded, outputs, model, responseFormat);
    onExchange?.({
      id: request.id,
      request: { contentType: request.headers['content-type'] ?? JSON_TYPE, data: body },
      response: { contentType: response.headers['content-type'] ?? JSON_TYPE, data: response.body },
    });
    return reply.headers(response.headers).send(response.body);
  }

  const app = fastify({
    bodyLimit: maxBodyBytes,
    requestTimeout: timeoutMs,
    return503OnClosing: false,
    genReqId: requestId,
    frameworkErrors: fail,
  });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => {
    done(null, body);
  });
  app.setErrorHandler(fail);
  app.setNotFoundHandler((request, reply) => {
    fail(notFound(request.url, routes), request, reply);
  });
  app.addHook('onRequest', (request, reply, done) => {
    const facts: RequestFacts = {};
    factsOf.set(request, facts);
    void reply.header('x-request-id', request.id);
    if (!quiet.has(request.url)) reportRequest(request, reply, facts, onEvent);
    done();
  });
  app.addHook('onSend', (_request, reply, _payload, done) => {
    if (isClosing()) void reply.header('connection', 'close');
    done();
  });
  addRoutes(app, model, { isReady, infer, healthPaths, predictPaths });
  return app;
}
