import type { Dtype } from '../../pipeline/definition';
import { allocate, numberToFloat16, toNumbers, type Tensor } from '../tensor';

/** The same numbers in another element type, as near as it has them; texts stay as they are. */
export function castTensor(tensor: Tensor, dtype: Dtype): Tensor {
  if (tensor.dtype === dtype || tensor.dtype === 'string' || dtype === 'string') return tensor;
  const numbers = toNumbers(tensor);
  const data = allocate(dtype, numbers.length);
  numbers.forEach((value, index) => {
    if (dtype === 'int64') data[index] = BigInt(Math.round(value));
    else data[index] = dtype === 'float16' ? numberToFloat16(value) : value;
  });
  return { dtype, shape: tensor.shape, data };
}
