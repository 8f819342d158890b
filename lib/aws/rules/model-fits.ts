import { checkModelFits, findMachine } from '../../hardware';
import { numberOf } from './flatten';
import { COMPLIANT, nonCompliant, NOT_APPLICABLE, type Rule } from './rule';
import { ENDPOINT_CONFIG, MODEL, variantsOf } from './sagemaker';
import { BYTES_METADATA } from './bytes-metadata';

/** A model whose resource says its size in the metadata `cdk-model-pipeline:bytes`. */
export const modelFits: Rule = {
  id: 'model-fits',
  level: 'error',
  cause:
    'Each device of the machine holds a copy of the model; where its memory is too small, no replica starts.',
  fix: 'Choose a machine with more memory per device, or make the model smaller.',
  check(subject, all) {
    if (subject.type !== ENDPOINT_CONFIG) return NOT_APPLICABLE;
    const sized = variantsOf(subject).flatMap(({ InstanceType, ModelName }) => {
      const model = all.referenced(MODEL, ModelName, subject);
      const modelBytes = numberOf(model?.metadata[BYTES_METADATA]);
      const machine = typeof InstanceType === 'string' ? findMachine(InstanceType, 'aws') : undefined;
      return modelBytes === undefined || machine === undefined ? [] : [{ modelBytes, machine }];
    });
    if (sized.length === 0) return NOT_APPLICABLE;
    const [issue] = sized.flatMap((fit) => checkModelFits({ ...fit, path: 'machine' }));
    return issue ? nonCompliant(issue.message) : COMPLIANT;
  },
};
