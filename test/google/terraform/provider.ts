/**
 * A Terraform provider with the schemas of google's and nothing behind them: it accepts, plans and
 * "makes" whatever fits the schema. Runs in a process of its own, prints the value for
 * TF_REATTACH_PROVIDERS and ends with its standard input.
 *
 *   tsx provider.ts google_storage_bucket google_kms_crypto_key …
 */
import { join } from 'node:path';
import * as grpc from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { decode, encode, ExtensionCodec } from '@msgpack/msgpack';
import { type Block, ProviderPackage } from './schema';

const ADDRESS = 'registry.terraform.io/hashicorp/google';

/** A value that is known once the resource exists. */
const UNKNOWN = Symbol('unknown');
const extensionCodec = new ExtensionCodec();
extensionCodec.register({
  type: 0,
  encode: (value) => (value === UNKNOWN ? new Uint8Array([0]) : null),
  decode: () => UNKNOWN,
});
// An unknown value of which something is known, say that it is not null.
extensionCodec.register({ type: 12, encode: () => null, decode: () => UNKNOWN });

type Value = Record<string, unknown> | null;
interface Dynamic {
  readonly msgpack: Uint8Array;
}
interface Request {
  readonly type_name: string;
  readonly prior_state?: Dynamic;
  readonly proposed_new_state?: Dynamic;
  readonly planned_state?: Dynamic;
  readonly current_state?: Dynamic;
  readonly config?: Dynamic;
  readonly raw_state?: { readonly json: Uint8Array };
}

const read = ({ msgpack }: Dynamic) => decode(msgpack, { extensionCodec }) as Value;
const write = (value: Value) => ({ msgpack: encode(value, { extensionCodec }) });

function renderBlock({ attributes, blocks }: Block): object {
  return {
    attributes: attributes.map(({ name, type, required, optional, computed }) => ({
      ...{ name, required, optional, computed },
      type: Buffer.from(JSON.stringify(type)),
    })),
    block_types: blocks.map(({ name, block, nesting, minItems, maxItems }) => ({
      type_name: name,
      block: renderBlock(block),
      nesting,
      min_items: minItems,
      max_items: maxItems,
    })),
  };
}

/** Strings that are none of those the documentation lists: the one thing schemas do not tell. */
function wrongValues({ attributes, blocks }: Block, config: Value, path = ''): string[] {
  if (config === null) return [];
  const own = attributes.flatMap(({ name, values }) => {
    const value = config[name];
    return typeof value === 'string' && values && !values.includes(value)
      ? [`${path}${name} is "${value}", possible values: ${values.join(', ')}`]
      : [];
  });
  const inner = blocks.flatMap(({ name, block }) => {
    const given = config[name] as Value | readonly Value[] | undefined;
    return [given ?? []].flat().flatMap((value) => wrongValues(block, value, `${path}${name}.`));
  });
  return [...own, ...inner];
}

/** What is not said and is the provider's to say keeps its value, or gets one when it is made. */
function plan({ attributes }: Block, prior: Value, proposed: Value): Value {
  if (proposed === null) return null;
  const open = attributes.filter(({ name, computed }) => computed && (proposed[name] ?? null) === null);
  return {
    ...proposed,
    ...Object.fromEntries(
      open
        .filter(({ type }) => type !== 'dynamic')
        .map(({ name }) => [name, prior === null ? UNKNOWN : (prior[name] ?? null)]),
    ),
  };
}

function apply({ attributes }: Block, type: string, planned: Value): Value {
  if (planned === null) return null;
  const made = attributes.filter(({ name }) => planned[name] === UNKNOWN);
  return {
    ...(withoutUnknown(planned) as Record<string, unknown>),
    ...Object.fromEntries(
      made.map(({ name, type: of }) => [name, of === 'string' ? `${type}.${name}` : null]),
    ),
  };
}

function withoutUnknown(value: unknown): unknown {
  if (value === UNKNOWN) return null;
  if (Array.isArray(value)) return value.map(withoutUnknown);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, withoutUnknown(inner)]));
}

function main(types: readonly string[]): void {
  const packaged = new ProviderPackage();
  const schemas = new Map(
    types.flatMap((type) => {
      const block = packaged.resource(type);
      return block ? [[type, block] as const] : [];
    }),
  );
  const schemaOf = (type: string): Block => {
    const block = schemas.get(type);
    if (block === undefined) throw new Error(`no schema of ${type}`);
    return block;
  };
  const some = (value: Dynamic | undefined): Dynamic => value ?? write(null);
  const calls: Record<string, (request: Request) => object> = {
    GetSchema: () => ({
      provider: { block: renderBlock(packaged.provider()) },
      resource_schemas: Object.fromEntries(
        [...schemas].map(([type, block]) => [type, { block: renderBlock(block) }]),
      ),
    }),
    PrepareProviderConfig: ({ config }) => ({ prepared_config: config }),
    ValidateResourceTypeConfig: ({ type_name, config }) => ({
      diagnostics: wrongValues(schemaOf(type_name), read(some(config))).map((detail) => ({
        severity: 'ERROR',
        summary: 'Wrong value',
        detail,
      })),
    }),
    ValidateDataSourceConfig: () => ({}),
    UpgradeResourceState: ({ raw_state }) => ({
      upgraded_state: { json: raw_state?.json },
    }),
    Configure: () => ({}),
    ReadResource: ({ current_state }) => ({ new_state: current_state }),
    PlanResourceChange: ({ type_name, prior_state, proposed_new_state }) => ({
      planned_state: write(
        plan(schemaOf(type_name), read(some(prior_state)), read(some(proposed_new_state))),
      ),
    }),
    ApplyResourceChange: ({ type_name, planned_state }) => ({
      new_state: write(apply(schemaOf(type_name), type_name, read(some(planned_state)))),
    }),
    Stop: () => ({}),
  };
  serve(calls);
}

function serve(calls: Readonly<Record<string, (request: Request) => object>>): void {
  const options = { keepCase: true, longs: Number, enums: String, defaults: false };
  const loaded = grpc.loadPackageDefinition(loadSync(join(__dirname, 'provider.proto'), options));
  const { Provider } = loaded.tfplugin5 as unknown as { Provider: grpc.ServiceClientConstructor };
  const server = new grpc.Server({
    'grpc.max_send_message_length': -1,
    'grpc.max_receive_message_length': -1,
  });
  server.addService(
    Provider.service,
    Object.fromEntries(
      Object.entries(calls).map(([name, answer]) => [
        name,
        ({ request }: { request: Request }, reply: grpc.sendUnaryData<object>) => {
          try {
            reply(null, answer(request));
          } catch (error) {
            reply({ code: grpc.status.INTERNAL, message: String(error) });
          }
        },
      ]),
    ),
  );
  server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (error, port) => {
    if (error) throw error;
    const reattach = {
      Protocol: 'grpc',
      ProtocolVersion: 5,
      Pid: process.pid,
      Test: true,
      Addr: { Network: 'tcp', String: `127.0.0.1:${port}` },
    };
    console.log(JSON.stringify({ [ADDRESS]: reattach }));
  });
  process.stdin.resume().once('end', () => {
    server.forceShutdown();
  });
}

main(process.argv.slice(2));
