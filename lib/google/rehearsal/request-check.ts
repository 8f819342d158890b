import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Enum, type Field, type INamespace, MapField, Root, Type } from 'protobufjs';

/** Messages as JSON that is a plain value: https://protobuf.dev/programming-guides/json */
const PLAIN: Readonly<Record<string, (value: unknown) => boolean>> = {
  'google.protobuf.Duration': (value) => typeof value === 'string' && /^\d+(\.\d{1,9})?s$/.test(value),
  'google.protobuf.FieldMask': (value) => typeof value === 'string',
  'google.protobuf.ListValue': Array.isArray,
  'google.protobuf.Struct': isMap,
  'google.protobuf.Timestamp': (value) => typeof value === 'string' && !Number.isNaN(Date.parse(value)),
  'google.protobuf.Value': () => true,
};

const NUMBERS = ['double', 'float', 'int32', 'uint32', 'sint32', 'fixed32', 'sfixed32'];
const LONGS = ['int64', 'uint64', 'sint64', 'fixed64', 'sfixed64'];

/** Message definitions of a Google client library, by which the bodies of its requests are checked. */
export class RequestTypes {
  /** @param library name of an installed client library: `@google-cloud/aiplatform` */
  static of(library: string): RequestTypes {
    const directory = dirname(require.resolve(`${library}/package.json`));
    const protos = JSON.parse(
      readFileSync(join(directory, 'build', 'protos', 'protos.json'), 'utf8'),
    ) as never;
    return RequestTypes.from(protos);
  }

  static from(definitions: INamespace): RequestTypes {
    const root = Root.fromJSON(definitions);
    root.resolveAll();
    return new RequestTypes(root);
  }

  private constructor(private readonly root: Root) {}

  /**
   * What is wrong with a body, each with its path; nothing where it is a message of this type.
   *
   * @param type full name: `google.cloud.aiplatform.v1.CustomJob`
   */
  check(type: string, body: unknown): string[] {
    return checkMessage(this.root.lookupType(type), body, '');
  }
}

function checkMessage(type: Type, value: unknown, path: string): string[] {
  const plain = PLAIN[type.fullName.slice(1)];
  if (plain) return plain(value) ? [] : [`${path}: ${JSON.stringify(value)} is no ${type.name}`];
  if (!isMap(value)) return [`${path || type.name}: ${JSON.stringify(value)} is no ${type.name}`];
  return Object.entries(value).flatMap(([key, inner]) => {
    const at = path ? `${path}.${key}` : key;
    const field = Object.values(type.fields).find(({ name }) => camelCase(name) === key);
    return field ? checkField(field, inner, at) : [`${at}: ${type.name} has no such field`];
  });
}

function checkField(field: Field, value: unknown, path: string): string[] {
  if (field instanceof MapField) {
    return isMap(value)
      ? Object.entries(value).flatMap(([key, inner]) => checkValue(field, inner, `${path}.${key}`))
      : [`${path}: ${JSON.stringify(value)} is no map`];
  }
  if (!field.repeated) return checkValue(field, value, path);
  return Array.isArray(value)
    ? value.flatMap((item, index) => checkValue(field, item, `${path}[${index}]`))
    : [`${path}: ${JSON.stringify(value)} is no list`];
}

function checkValue(field: Field, value: unknown, path: string): string[] {
  const { resolvedType, type } = field;
  if (resolvedType instanceof Type) return checkMessage(resolvedType, value, path);
  if (resolvedType instanceof Enum) {
    return typeof value === 'string' && value in resolvedType.values
      ? []
      : [`${path}: ${JSON.stringify(value)} is none of ${Object.keys(resolvedType.values).join(', ')}`];
  }
  return isScalar(type, value) ? [] : [`${path}: ${JSON.stringify(value)} is no ${type}`];
}

function isScalar(type: string, value: unknown): boolean {
  if (type === 'bool') return typeof value === 'boolean';
  if (type === 'string' || type === 'bytes') return typeof value === 'string';
  if (NUMBERS.includes(type)) return typeof value === 'number';
  return LONGS.includes(type) && (typeof value === 'number' || /^-?\d+$/.test(String(value)));
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function camelCase(name: string): string {
  return name.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}
