import fc from 'fast-check';
import { DTYPES, type Dtype } from '../../lib/pipeline/definition/model';
import { allocate, type Tensor } from '../../lib/artifact';
import { bytesFromTensor } from '../../lib/artifact/tensor-bytes';
import { dataFromBytes } from '../../lib/serving/tensor-bytes';

describe('tensor bytes', () => {
  it('are little-endian', () => {
    expect(bytesFromTensor({ dtype: 'int32', shape: [2], data: Int32Array.of(1, -2) })).toEqual(
      Buffer.from([1, 0, 0, 0, 0xfe, 0xff, 0xff, 0xff]),
    );
    expect(bytesFromTensor({ dtype: 'string', shape: [2], data: ['é', ''] })).toEqual(
      Buffer.from([2, 0, 0, 0, 0xc3, 0xa9, 0, 0, 0, 0]),
    );
  });

  it.each(DTYPES)('carry %s there and back, from any place in a body', (dtype) => {
    const tensor = sample(dtype);
    const bytes = bytesFromTensor(tensor);
    const body = Buffer.concat([Buffer.from('{}}'), bytes]);
    expect(dataFromBytes(dtype, tensor.shape, body.subarray(3))).toEqual(tensor.data);
  });

  it.each([
    ['float32', [2], '0000803f', 'has 4 bytes, the shape [2] has 8'],
    ['bool', [2], '0102', 'has a byte other than 0 and 1'],
    ['string', [2], '0100000061', 'has 1 elements, the shape [2] has 2'],
    ['string', [1], '010000', 'ends within the length of element 0'],
    ['string', [1], 'ffffffff61', 'ends within element 0'],
    ['string', [1], '01000000ff', 'element 0 is not UTF-8'],
  ] as const)('of %s %j are refused: %s', (dtype, shape, hex, message) => {
    expect(dataFromBytes(dtype, shape, Buffer.from(hex, 'hex'))).toBe(message);
  });

  it('are decoded or refused, whatever they are', () => {
    const bytes = fc.uint8Array({ maxLength: 64 });
    const shape = fc.array(fc.integer({ min: 0, max: 2 ** 40 }), { maxLength: 3 });
    fc.assert(
      fc.property(fc.constantFrom(...DTYPES), shape, bytes, (dtype, sizes, raw) => {
        const data = dataFromBytes(dtype, sizes, Buffer.from(raw));
        return typeof data === 'string' || data.length === sizes.reduce((product, size) => product * size, 1);
      }),
    );
  });
});

function sample(dtype: Dtype): Tensor {
  if (dtype === 'string') return { dtype, shape: [3], data: ['', 'naïve 🙂', 'x'.repeat(300)] };
  const data = allocate(dtype, 3);
  data[0] = dtype === 'int64' ? 1n : 1;
  return { dtype, shape: [3], data };
}
