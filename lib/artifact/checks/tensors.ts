import { tensorsOf } from '../onnx/tensors';
import { count } from './check';
import { staticCheck } from './security/rule';
import { sparseTensors } from './security/sparse-tensors';
import { tensorData } from './security/tensor-data';
import { tensorSize } from './security/tensor-size';

/** Every tensor holds what its shape and element type say. */
export const tensors = staticCheck(
  { id: 'tensors', title: 'Every tensor holds as many elements as its shape says' },
  [tensorSize, tensorData, sparseTensors],
  ({ model }) => count(tensorsOf(model).length, 'tensor'),
);
