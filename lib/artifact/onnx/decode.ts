import { create, ScalarType, type DescField, type DescMessage, type Message } from '@bufbuild/protobuf';
import type { FileWindow } from './file-window';
import { ModelProtoSchema, TensorProtoSchema, type ModelProto, type TensorProto } from './onnx_pb';

/** Part of a file. */
export interface Region {
  readonly offset: number;
  readonly length: number;
}

/** Fields of a tensor that can hold its elements as one block of bytes. */
export type DataField = 'rawData' | 'floatData' | 'int32Data' | 'int64Data' | 'doubleData' | 'uint64Data';

/** Where the elements of a tensor are that were left in the file, by field. */
export type ElidedData = Partial<Record<DataField, readonly Region[]>>;

export interface DecodedModel {
  readonly model: ModelProto;
  /** Tensors whose data fields are empty here, though not in the file. */
  readonly elided: WeakMap<TensorProto, ElidedData>;
}

/** Elements of larger tensors stay in the file; those that tell shapes and axes are smaller. */
const KEPT_TENSOR_BYTES = 4096;

/** Messages within messages: the limit of onnxruntime's own decoder. */
const MAX_DEPTH = 100;

/** What a model may take in memory besides its weights; the largest language models have a hundredth. */
const MAX_MESSAGES = 2_000_000;
const MAX_KEPT_BYTES = 1 << 28;

const DATA_FIELDS: ReadonlySet<string> = new Set<DataField>([
  'rawData',
  'floatData',
  'int32Data',
  'int64Data',
  'doubleData',
  'uint64Data',
]);

const VARINT = 0;
const FIXED64 = 1;
const DELIMITED = 2;
const FIXED32 = 5;

type Fields = Record<string, unknown>;

/**
 * Decodes a model straight from its file. The memory it takes is that of the structure: the elements of
 * all but small tensors are left where they are.
 *
 * @throws Error when the bytes are not a protocol buffer, or go beyond a limit above
 */
export function decodeModel(file: FileWindow): DecodedModel {
  const decoder = new Decoder(file);
  const model = create(ModelProtoSchema);
  decoder.message(ModelProtoSchema, model, { offset: 0, length: file.size }, 0);
  return { model, elided: decoder.elided };
}

class Decoder {
  readonly elided = new WeakMap<TensorProto, ElidedData>();
  private messages = 0;
  private keptBytes = 0;
  /** Where the next byte is read. */
  private at = 0;

  constructor(private readonly file: FileWindow) {}

  message(schema: DescMessage, target: Message, { offset, length }: Region, depth: number): void {
    if (depth > MAX_DEPTH) throw new Error(`nested deeper than ${MAX_DEPTH} messages`);
    if (++this.messages > MAX_MESSAGES) throw new Error(`has more than ${MAX_MESSAGES} parts`);
    const fields = fieldsOf(schema);
    const end = offset + length;
    this.at = offset;
    while (this.at < end) {
      const tag = Number(this.varint(end));
      const wire = tag & 7;
      const number = Math.floor(tag / 8);
      if (number < 1 || number > 536_870_911) throw new Error(`field number ${number} at byte ${this.at}`);
      const field = fields.get(number);
      if (wire === DELIMITED) this.delimited(field, target, this.region(end), depth);
      else this.scalar(field, target, wire, end);
    }
  }

  private delimited(field: DescField | undefined, target: Fields, region: Region, depth: number): void {
    const end = region.offset + region.length;
    if (field) {
      const nested = field.fieldKind === 'list' ? listMessage(field) : field.message;
      if (nested) this.nested(field, nested, target, region, depth);
      else if (field.parent === TensorProtoSchema && DATA_FIELDS.has(field.localName))
        this.data(field, target, region);
      else this.bytes(field, target, region);
    }
    this.at = end;
  }

  /** A message that comes twice is merged, as in every decoder of protocol buffers. */
  private nested(field: DescField, schema: DescMessage, target: Fields, region: Region, depth: number): void {
    if (field.fieldKind === 'list') {
      const item = create(schema);
      (target[field.localName] as Message[]).push(item);
      this.message(schema, item, region, depth + 1);
      return;
    }
    const present = valueOf(field, target) as Message | undefined;
    const item = present ?? create(schema);
    if (!present) assign(field, target, item);
    this.message(schema, item, region, depth + 1);
  }

  private data(field: DescField, target: Fields, region: Region): void {
    const tensor = target as unknown as TensorProto;
    const name = field.localName as DataField;
    const { [name]: regions = [], ...others } = this.elided.get(tensor) ?? {};
    // A list goes on where it broke off; of single values the last one counts.
    const earlier = field.fieldKind === 'list' ? regions : [];
    if (region.length > KEPT_TENSOR_BYTES) {
      if (field.fieldKind !== 'list') target[name] = new Uint8Array();
      this.elided.set(tensor, { ...others, [name]: [...earlier, region] });
      return;
    }
    if (earlier.length === 0 && regions.length > 0) this.elided.set(tensor, others);
    this.bytes(field, target, region);
  }

  private bytes(field: DescField, target: Fields, region: Region): void {
    const type = scalarOf(field);
    if (type === undefined) return;
    this.keep(region.length);
    if (type === ScalarType.STRING || type === ScalarType.BYTES) {
      const bytes = this.file.slice(region.offset, region.length);
      assign(field, target, type === ScalarType.STRING ? bytes.toString('utf8') : new Uint8Array(bytes));
      return;
    }
    if (field.fieldKind !== 'list') return;
    const end = region.offset + region.length;
    const wire = wireOf(type);
    while (this.at < end) assign(field, target, this.number(type, wire, end));
  }

  /** A value that tells its own length; one of another form than the field's is skipped. */
  private scalar(field: DescField | undefined, target: Fields, wire: number, end: number): void {
    if (wire !== VARINT && wire !== FIXED64 && wire !== FIXED32) {
      throw new Error(`wire type ${wire} at byte ${this.at}`);
    }
    const type = field && scalarOf(field);
    const value = this.number(type, wire, end);
    if (!field || type === undefined || wireOf(type) !== wire) return;
    this.keep(8);
    assign(field, target, value);
  }

  private number(type: ScalarType | undefined, wire: number, end: number): number | bigint {
    if (wire === VARINT) {
      const value = this.varint(end);
      if (type === ScalarType.INT64) return BigInt.asIntN(64, BigInt(value));
      if (type === ScalarType.UINT64) return BigInt.asUintN(64, BigInt(value));
      return Number(BigInt.asIntN(32, BigInt(value)));
    }
    const size = wire === FIXED64 ? 8 : 4;
    if (this.at + size > end) throw new Error(`breaks off at byte ${this.at}`);
    const bytes = this.file.slice(this.at, size);
    this.at += size;
    return wire === FIXED64 ? bytes.readDoubleLE() : bytes.readFloatLE();
  }

  private region(end: number): Region {
    const length = Number(this.varint(end));
    if (length > end - this.at)
      throw new Error(`a length of ${length} at byte ${this.at} leads past the end`);
    return { offset: this.at, length };
  }

  /** A number while it is exact as one, else a bigint. */
  private varint(end: number): number | bigint {
    let low = 0;
    let scale = 1;
    for (let read = 0; read < 7; read++, scale *= 128) {
      const byte = this.next(end);
      low += (byte & 0x7f) * scale;
      if (byte < 0x80) return low;
    }
    let value = BigInt(low);
    for (let shift = 49n; shift < 70n; shift += 7n) {
      const byte = this.next(end);
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    throw new Error(`a number without end at byte ${this.at}`);
  }

  private next(end: number): number {
    if (this.at >= end) throw new Error(`breaks off at byte ${this.at}`);
    return this.file.byte(this.at++);
  }

  private keep(bytes: number): void {
    this.keptBytes += bytes + 8;
    if (this.keptBytes > MAX_KEPT_BYTES) throw new Error(`has a structure of over ${MAX_KEPT_BYTES} bytes`);
  }
}

const FIELDS = new WeakMap<DescMessage, ReadonlyMap<number, DescField>>();

function fieldsOf(schema: DescMessage): ReadonlyMap<number, DescField> {
  const known = FIELDS.get(schema);
  if (known) return known;
  const fields = new Map(schema.fields.map((field) => [field.number, field]));
  FIELDS.set(schema, fields);
  return fields;
}

function listMessage(field: DescField & { readonly fieldKind: 'list' }): DescMessage | undefined {
  return field.listKind === 'message' ? field.message : undefined;
}

function scalarOf(field: DescField): ScalarType | undefined {
  if (field.fieldKind === 'list') return field.listKind === 'scalar' ? field.scalar : undefined;
  return field.fieldKind === 'scalar' ? field.scalar : undefined;
}

function wireOf(type: ScalarType): number {
  if (type === ScalarType.STRING || type === ScalarType.BYTES) return DELIMITED;
  if (type === ScalarType.FLOAT) return FIXED32;
  return type === ScalarType.DOUBLE ? FIXED64 : VARINT;
}

function valueOf({ oneof, localName }: DescField, target: Fields): unknown {
  if (!oneof) return Object.hasOwn(target, localName) ? target[localName] : undefined;
  const chosen = target[oneof.localName] as { readonly case?: string; readonly value?: unknown };
  return chosen.case === localName ? chosen.value : undefined;
}

function assign({ fieldKind, oneof, localName }: DescField, target: Fields, value: unknown): void {
  if (fieldKind === 'list') (target[localName] as unknown[]).push(value);
  else if (oneof) target[oneof.localName] = { case: localName, value };
  else target[localName] = value;
}
