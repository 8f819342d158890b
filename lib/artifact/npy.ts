import { allocate, elementCount, type ElementType, type Tensor, type AnyTensor } from './tensor';

/** NumPy's type strings of the element types; strings, whose width is part of theirs, are apart. */
const TYPES: Readonly<Record<string, ElementType>> = {
  '|b1': 'bool',
  '|i1': 'int8',
  '|u1': 'uint8',
  '<i2': 'int16',
  '<i4': 'int32',
  '<i8': 'int64',
  '<u2': 'uint16',
  '<u4': 'uint32',
  '<u8': 'uint64',
  '<f2': 'float16',
  '<f4': 'float32',
  '<f8': 'float64',
};

const MAGIC = '\x93NUMPY';
const HEADER = /^\{'descr': '([^']*)', 'fortran_order': (True|False), 'shape': \(([\d, ]*)\), \}\s*$/;

/**
 * Reads an array in the `.npy` format of NumPy. Arrays of Python objects, which are pickles, are refused.
 *
 * @throws Error that says what is wrong
 */
export function readNpy(bytes: Buffer): AnyTensor {
  if (bytes.toString('latin1', 0, 6) !== MAGIC) throw new Error('is no NumPy array');
  const wide = (bytes[6] ?? 0) > 1;
  const start = wide ? 12 : 10;
  if (bytes.length < start) throw new Error('breaks off in its header');
  const end = start + (wide ? bytes.readUInt32LE(8) : bytes.readUInt16LE(8));
  const header = HEADER.exec(bytes.toString('latin1', start, end));
  if (!header || end > bytes.length) throw new Error('has a header that is not readable');
  const [, descr = '', order, sizes = ''] = header;
  if (order === 'True') throw new Error('is in column-major order; save it with numpy.ascontiguousarray');
  const shape = sizes
    .split(',')
    .filter((size) => size.trim() !== '')
    .map(Number);
  const count = elementCount(shape);
  if (!Number.isSafeInteger(count)) throw new Error(`has the shape [${shape.join(', ')}]`);
  const elements = bytes.subarray(end);
  const width = /^<U(\d{1,6})$/.exec(descr)?.[1];
  if (width !== undefined) return strings(elements, shape, Number(width));
  const dtype = TYPES[descr];
  if (dtype === undefined) throw new Error(reasonAgainst(descr));
  const bytesPerElement = (allocate(dtype, 0) as Uint8Array).BYTES_PER_ELEMENT;
  checkLength(elements, count * bytesPerElement);
  const data = allocate(dtype, count) as Uint8Array;
  new Uint8Array(data.buffer).set(elements);
  return { dtype, shape, data };
}

/** Each of `width` UTF-32 characters, filled up with zeros. */
function strings(bytes: Buffer, shape: readonly number[], width: number): Tensor {
  const count = elementCount(shape);
  checkLength(bytes, count * width * 4);
  const data = Array.from({ length: count }, (_, index) => {
    const points = Array.from({ length: width }, (_, at) => bytes.readUInt32LE((index * width + at) * 4));
    const used = points.slice(0, points.findLastIndex((point) => point !== 0) + 1);
    if (used.some((point) => point > 0x10ffff)) throw new Error('has a string that is not Unicode');
    return used.map((point) => String.fromCodePoint(point)).join('');
  });
  return { dtype: 'string', shape, data };
}

function checkLength({ length }: Buffer, wanted: number): void {
  if (length !== wanted)
    throw new Error(`has ${length} bytes of elements, its shape and type have ${wanted}`);
}

function reasonAgainst(descr: string): string {
  if (descr.startsWith('|O')) return 'holds Python objects, a pickle, which is never opened';
  const allowed = [...Object.keys(TYPES), '<U'].join(', ');
  return `has elements of type "${descr}", allowed: ${allowed}`;
}
