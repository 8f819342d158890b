import type { Issue } from '../../issue';

interface ForeignKind {
  readonly starts: (head: Buffer) => boolean;
  readonly what: string;
  readonly fix: string;
}

const EXPORT = 'export the model to ONNX (the stage program `export`) and give that file';

/** How a pickle of protocol 0 starts: with a global name, a dictionary or a list. */
const TEXT_PICKLE = /^(\(?c[a-z_][\w.]*\n\w+\n|\([dl]p\d+\n)/i;

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
    starts: isPickle,
    what: 'a Python pickle, which can run code when it is loaded; it is never opened here',
    fix: EXPORT,
  },
  { starts: startsWith('\x93NUMPY'), what: 'a NumPy array (.npy)', fix: EXPORT },
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

/** Whether the bytes start as a Python pickle does. */
export function isPickle(head: Buffer): boolean {
  const protocol = head[0] === 0x80 ? (head[1] ?? 0) : 0;
  return (protocol >= 2 && protocol <= 5) || TEXT_PICKLE.test(head.subarray(0, 128).toString('latin1'));
}

/** The issue when the bytes are a well-known kind of file other than ONNX. */
export function foreignFile(bytes: Uint8Array, path: string): Issue | undefined {
  const head = Buffer.from(bytes.subarray(0, 512));
  const kind = FOREIGN_KINDS.find(({ starts }) => starts(head));
  return kind && { code: 'not-onnx', path, message: `not an ONNX model: ${kind.what}`, fix: kind.fix };
}

function startsWith(prefix: string): (head: Buffer) => boolean {
  return (head) => head.subarray(0, prefix.length).toString('latin1') === prefix;
}
