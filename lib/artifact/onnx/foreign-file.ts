import type { Issue } from '../../issue';

interface ForeignKind {
  readonly starts: (head: Buffer) => boolean;
  readonly what: string;
  readonly fix: string;
}

const EXPORT = 'export the model to ONNX (the stage program `export`) and give that file';

/** What is often found in place of an ONNX file, by its first bytes. */
const FOREIGN_KINDS: readonly ForeignKind[] = [
  {
    starts: (head) => head.length === 0,
    what: 'the file is empty',
    fix: 'write the file again; the transfer or export that made it broke off',
  },
  {
    starts: startsWith('version https://git-lfs'),
    what: 'a Git LFS pointer, not the model it points to',
    fix: 'fetch the file with `git lfs pull`',
  },
  {
    starts: (head) => /^\s*<(!doctype|html|\?xml)/i.test(head.toString('latin1')),
    what: 'a web page, most likely the answer of a server that refused the download',
    fix: 'download the model again and look at the page for the reason',
  },
  {
    starts: startsWith('PK\x03\x04'),
    what: 'a zip archive, the form of PyTorch (.pt, .pth), Keras (.keras) and NumPy (.npz) files',
    fix: EXPORT,
  },
  {
    starts: (head) => head[0] === 0x80 && (head[1] ?? 0) >= 2 && (head[1] ?? 0) <= 5,
    what: 'a Python pickle, which can run code when it is loaded; it is never opened here',
    fix: EXPORT,
  },
  { starts: startsWith('\x89HDF'), what: 'an HDF5 file, the form of older Keras models (.h5)', fix: EXPORT },
  {
    starts: (head) => head.subarray(4, 8).toString('latin1') === 'TFL3',
    what: 'a TensorFlow Lite model',
    fix: EXPORT,
  },
  {
    starts: (head) => head.subarray(4, 8).toString('latin1') === 'ORTM',
    what: "a model in onnxruntime's own ORT format",
    fix: 'give the ONNX file it was made from',
  },
  { starts: startsWith('\x1f\x8b'), what: 'a gzip archive', fix: 'unpack it and give the .onnx file inside' },
];

/** The issue when the bytes are a well-known kind of file other than ONNX. */
export function foreignFile(bytes: Uint8Array, path: string): Issue | undefined {
  const head = Buffer.from(bytes.subarray(0, 512));
  const kind = FOREIGN_KINDS.find(({ starts }) => starts(head));
  return kind && { code: 'not-onnx', path, message: `not an ONNX model: ${kind.what}`, fix: kind.fix };
}

function startsWith(prefix: string): (head: Buffer) => boolean {
  return (head) => head.subarray(0, prefix.length).toString('latin1') === prefix;
}
