import { lstatSync, type Stats } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Issue } from '../../../issue';
import { hasControlCharacters } from '../../control-characters';
import { isExternal, tensorsOf } from '../../onnx/tensors';
import { summarizeModel } from '../../onnx/summarize';
import type { Rule } from './rule';

/** Tensors stored beside the model are plain files of its own directory, with one name, and complete. */
export const externalFiles: Rule = ({ file, model }) => {
  const strings = tensorsOf(model).filter(({ tensor }) => isExternal(tensor) && tensor.dataType === STRING);
  return [
    ...strings.map(({ where }) =>
      issue(file, ['external-range', `${where} is of strings, which are not stored beside a model`]),
    ),
    ...summarizeModel(model).externalData.flatMap(({ location, bytes }) => {
      const problem = pathProblem(location) ?? fileProblem(location.split(/[/\\]/), dirname(file), bytes);
      return problem
        ? [
            issue(file, [
              problem[0],
              `${location === '' ? 'a tensor' : `external data "${location}"`} ${problem[1]}`,
            ]),
          ]
        : [];
    }),
  ];
};

const STRING = 8;

type Problem = readonly [code: string, message: string];

/** Where onnxruntime looks into its own memory instead of a file. */
const MEMORY = '*/_ORT_MEM_ADDR_/';

function pathProblem(location: string): Problem | undefined {
  if (location === '') return ['external-path', 'names no file for its external data'];
  if (location.startsWith(MEMORY)) return ['external-path', "points into the runtime's memory"];
  if (hasControlCharacters(location)) return ['external-path', 'has control characters in its name'];
  const segments = location.split(/[/\\]/);
  if (segments.includes('..') || segments[0] === '' || /^[a-z]:/i.test(location)) {
    return ['external-path', 'leaves the directory of the model'];
  }
  return undefined;
}

/** Every directory on the way, and the file: a link anywhere leads elsewhere. */
function fileProblem(segments: readonly string[], directory: string, bytes: number): Problem | undefined {
  for (let depth = 1; depth <= segments.length; depth++) {
    const stats = statsOf(join(directory, ...segments.slice(0, depth)));
    if (!stats) return ['external-missing', 'does not exist'];
    if (stats.isSymbolicLink()) return ['external-link', 'is reached through a symbolic link'];
    if (depth < segments.length) continue;
    if (!stats.isFile()) return ['external-missing', 'is not a file'];
    if (stats.nlink > 1) return ['external-link', 'has a second name elsewhere (a hard link)'];
    if (!(bytes <= stats.size)) {
      return ['external-range', `has ${stats.size} bytes; the model reads up to byte ${bytes}`];
    }
  }
  return undefined;
}

/** A name that no file system takes is no file. */
function statsOf(path: string): Stats | undefined {
  try {
    return lstatSync(path, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}

function issue(path: string, [code, message]: Problem): Issue {
  return {
    code,
    path,
    message,
    fix: 'save the model again with its weights inside, or in one plain file beside it',
  };
}
