import { createHash } from 'node:crypto';
import { LANGUAGE_MODEL_DIRECTORY, type Manifest } from './manifest';

/**
 * SHA-256 of a version's model, hexadecimal: of `model.onnx`, or over the lines `<sha256>  <path>` of all files
 * of a language model.
 */
export function modelDigest({ files }: Pick<Manifest, 'files'>): string {
  const onnx = files['model.onnx'];
  if (onnx) return onnx.sha256;
  const prefix = `${LANGUAGE_MODEL_DIRECTORY}/`;
  const lines = Object.entries(files)
    .filter(([path]) => path.startsWith(prefix))
    .map(([path, { sha256 }]) => `${sha256}  ${path.slice(prefix.length)}\n`);
  return createHash('sha256').update(lines.join('')).digest('hex');
}
