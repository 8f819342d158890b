import type { FastifyInstance, FastifyReply, FastifyRequest, HTTPMethods } from 'fastify';
import { PACKAGE_VERSION } from '../package-root';
import { datatypeOf } from './datatypes';
import { methodNotAllowed, refusal } from './http-error';
import type { ModelContract } from './inference';
import type { Framing } from './media-type';
import type { TensorSpec } from '../pipeline/definition';

export interface Handlers {
  readonly isReady: () => boolean;
  /** Answers an inference request. `framing`: of binary outputs, where the request does not tell. */
  readonly infer: (request: FastifyRequest, reply: FastifyReply, framing: Framing) => Promise<unknown>;
  readonly healthPaths: readonly string[];
  readonly predictPaths: readonly string[];
}

type Handler = (request: FastifyRequest, reply: FastifyReply) => unknown;

const METHODS: readonly HTTPMethods[] = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];

/** Adds SageMaker's two routes and those of the Open Inference Protocol. */
export function addRoutes(app: FastifyInstance, model: ModelContract, handlers: Handlers): void {
  const { isReady, infer, healthPaths, predictPaths } = handlers;
  const ready: Handler = (_, reply) => reply.code(isReady() ? 200 : 503).send({ ready: isReady() });
  for (const path of healthPaths) addRoute(app, 'GET', literal(path), ready);
  for (const path of predictPaths) {
    addRoute(app, 'POST', literal(path), (request, reply) => infer(request, reply, 'sagemaker'));
  }

  addRoute(app, 'GET', '/v2', () => ({
    name: 'model-pipeline',
    version: PACKAGE_VERSION,
    extensions: ['binary_tensor_data'],
  }));
  addRoute(app, 'GET', '/v2/health/live', () => ({ live: true }));
  addRoute(app, 'GET', '/v2/health/ready', ready);
  for (const path of ['/v2/models/:name', '/v2/models/:name/versions/:version']) {
    addRoute(
      app,
      'GET',
      path,
      checked(model, () => metadataOf(model)),
    );
    addRoute(
      app,
      'GET',
      `${path}/ready`,
      checked(model, (_, reply) =>
        reply.code(isReady() ? 200 : 503).send({ name: model.name, ready: isReady() }),
      ),
    );
    addRoute(
      app,
      'POST',
      `${path}/infer`,
      checked(model, (request, reply) => infer(request, reply, 'octet-stream')),
    );
  }
}

/** A route that takes one method (GET: HEAD too) and answers 405 to every other. */
function addRoute(app: FastifyInstance, method: 'GET' | 'POST', url: string, handler: Handler): void {
  const allowed = method === 'GET' ? ['GET', 'HEAD'] : ['POST'];
  app.route({ method, url, handler });
  app.route({
    method: METHODS.filter((other) => !allowed.includes(other)),
    url,
    handler: (request) => {
      throw methodNotAllowed(request.method, request.url, allowed.join(', '));
    },
  });
}

/** A path without parameters: a colon, as in Vertex AI's default path, would start one. */
function literal(path: string): string {
  return path.replaceAll(':', '::');
}

/** Refuses the names of models and versions that are not here. */
function checked(model: ModelContract, handler: Handler): Handler {
  return (request, reply) => {
    const { name, version = model.version } = request.params as { name: string; version?: string };
    if (name === model.name && version === model.version) return handler(request, reply);
    const message = `there is no model ${name} of version ${version} here`;
    throw refusal(404, 'model-unknown', '', message, `use ${model.name}, version ${model.version}`);
  };
}

function metadataOf({ name, version, signature }: ModelContract): unknown {
  return {
    name,
    versions: [version],
    platform: 'onnx_onnxv1',
    inputs: tensorMetadata(signature.inputs),
    outputs: tensorMetadata(signature.outputs),
  };
}

function tensorMetadata(specs: Readonly<Record<string, TensorSpec>>): unknown[] {
  return Object.entries(specs).map(([name, { dtype, shape }]) => ({
    name,
    datatype: datatypeOf(dtype),
    shape: shape.map((size) => (typeof size === 'number' ? size : -1)),
  }));
}
