import { format } from '../asl';
import { toApi } from '../to-api';
import { uncompressedModel } from '../lmi-container';

/** Where states find the version of the run: `version`, `digest`, `modelUri`, `dataDigest`. */
export const REGISTERED = '$.registered';

/** URI of a file or directory of the run's version. */
export function fileOfVersion(path: string): string {
  return format(['', path], `${REGISTERED}.modelUri`);
}

/** Where a container finds the model of the run's version: an archive, or the files of a language model. */
export function modelData(isLanguageModel: boolean): object {
  return isLanguageModel
    ? { ModelDataSource: toApi(uncompressedModel(fileOfVersion('model/'))) }
    : { 'ModelDataUrl.$': fileOfVersion('model.tar.gz') };
}
