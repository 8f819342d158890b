import { lstatSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { ExternalFile } from '../onnx/model-info';
import { count, judged, type Check } from './check';

/** Tensors stored beside the model are plain files of its own directory, and complete. */
export const externalData: Check = {
  id: 'external-data',
  title: 'External data lies in the directory of the model',
  after: ['model'],
  run: (subject) => {
    const { file, externalData: files } = subject.model();
    const findings = files.flatMap((external) => {
      const message = problem(external, dirname(file));
      const fix = 'save the model again with its weights inside, or in one plain file beside it';
      return message === undefined ? [] : [{ code: 'external-data', path: file, message, fix }];
    });
    const success =
      files.length === 0 ? 'all weights are in the file' : `${count(files.length, 'file')} beside it`;
    return judged(findings, `${count(findings.length, 'file')} not allowed`, success);
  },
};

function problem({ location, bytes }: ExternalFile, directory: string): string | undefined {
  const name = `external data "${location}"`;
  if (location === '') return 'a tensor names no file for its external data';
  const segments = location.split(/[/\\]/);
  if (segments.includes('..') || segments[0] === '' || /^[a-z]:/i.test(location)) {
    return `${name} leaves the directory of the model`;
  }
  // Every directory on the way, and the file: a link anywhere leads elsewhere.
  for (let depth = 1; depth <= segments.length; depth++) {
    const stats = lstatSync(join(directory, ...segments.slice(0, depth)), { throwIfNoEntry: false });
    if (!stats) return `${name} does not exist`;
    if (stats.isSymbolicLink()) return `${name} is reached through a symbolic link`;
    if (depth < segments.length) continue;
    if (!stats.isFile()) return `${name} is not a file`;
    if (stats.nlink > 1) return `${name} has a second name elsewhere (a hard link)`;
    if (!(bytes <= stats.size)) return `${name} has ${stats.size} bytes; the model reads up to byte ${bytes}`;
  }
  return undefined;
}
