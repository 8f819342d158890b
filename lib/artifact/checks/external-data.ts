import { summarizeModel } from '../onnx/summarize';
import { count } from './check';
import { externalChecksum } from './security/external-checksum';
import { externalEntries } from './security/external-entries';
import { externalFiles } from './security/external-files';
import { staticCheck, type Rule } from './security/rule';

/** No file is read before all are known to be the model's own. */
const files: Rule = (model) => {
  const findings = [...externalEntries(model), ...externalFiles(model)];
  return findings.length > 0 ? findings : externalChecksum(model);
};

/** Tensors stored beside the model are plain files of its own directory, complete and unchanged. */
export const externalData = staticCheck(
  { id: 'external-data', title: 'External data lies in the directory of the model' },
  [files],
  ({ model }) => {
    const beside = summarizeModel(model).externalData.length;
    return beside === 0 ? 'all weights are in the file' : `${count(beside, 'file')} beside it`;
  },
);
