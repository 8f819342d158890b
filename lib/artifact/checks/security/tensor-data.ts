import { elementCountOf, isExternal, tensorsOf } from '../../onnx/tensors';
import { storedFields } from '../../onnx/tensor-bytes';
import type { Rule } from './rule';

/** A tensor holds exactly as many elements as its shape says, in one field. */
export const tensorData: Rule = (structure) =>
  tensorsOf(structure.model).flatMap(({ tensor, where }) => {
    const issue = (message: string) => ({
      code: 'tensor-data',
      path: structure.file,
      message: `${where} ${message}`,
      fix: 'write the file again; a reader would take what lies behind the tensor for its elements',
    });
    const fields = storedFields(structure, tensor);
    if (tensor.segment) return [issue('is a piece of a tensor, which no runtime reads')];
    if (isExternal(tensor)) {
      return fields.length > 0 ? [issue('is stored beside the model and has elements inside it, too')] : [];
    }
    if (fields.length > 1)
      return [issue(`has its elements twice: ${fields.map(({ name }) => name).join(', ')}`)];
    const elements = elementCountOf(tensor);
    const [field] = fields;
    if (!field) return elements === 0 ? [] : [issue(`has none of its ${elements} elements`)];
    const { name, size, expected } = field;
    if (expected.length === 0) return [issue(`has its elements in ${name}, which is not for its type`)];
    if (expected.includes(size)) return [];
    return [
      issue(
        `has ${size} ${name === 'raw_data' ? 'bytes' : 'values'} in ${name}; its shape needs ${expected.join(' or ')}`,
      ),
    ];
  });
