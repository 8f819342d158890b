import {
  bfloat16ToFloat32,
  float32ToBfloat16,
  toNumbers,
  type AnyTensor,
  type ElementType,
  type TensorData,
} from '../tensor';
import { isMiniFloat, miniFloatBits, type MiniFloat } from '../mini-float';

type Uncarried = MiniFloat | 'bfloat16' | 'int4' | 'uint4' | 'int2' | 'uint2';
type Carrier = 'float32' | 'int8' | 'uint8';

const INTEGERS: Readonly<Record<string, Carrier>> = {
  int4: 'int8',
  uint4: 'uint8',
  int2: 'int8',
  uint2: 'uint8',
};

/** The type that carries every value of one that the Node binding does not exchange. */
export function carrierOf(type: string): Carrier | undefined {
  return type === 'bfloat16' || isMiniFloat(type) ? 'float32' : INTEGERS[type];
}

/** The elements in the type that carries them; as they are where the binding takes them. */
export function toCarrier({ dtype, shape, data }: AnyTensor): {
  readonly type: Exclude<ElementType, Uncarried>;
  readonly data: TensorData;
} {
  const type = carrierOf(dtype);
  if (type === undefined) return { type: dtype as Exclude<ElementType, Uncarried>, data };
  if (type !== 'float32') return { type, data };
  if (dtype === 'bfloat16') return { type, data: bfloat16ToFloat32(data as Uint16Array) };
  return { type, data: Float32Array.from(toNumbers({ dtype, shape, data })) };
}

/** The elements in their own type again. */
export function fromCarrier(dtype: ElementType, data: TensorData): TensorData {
  if (dtype === 'bfloat16') return float32ToBfloat16(data as Float32Array);
  return isMiniFloat(dtype) ? miniFloatBits(dtype, data as Float32Array) : data;
}
