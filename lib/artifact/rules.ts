/** What a rule of the static checks finds. */
export interface SecurityRule {
  /** The check it is part of; `archive` stands for `archiveIssues`. */
  readonly check:
    'model' | 'operators' | 'graph' | 'tensors' | 'external-data' | 'weights' | 'resources' | 'archive';
  /** What is wrong, as a sentence. */
  readonly finds: string;
}

/** Every rule that judges a file without running it, by the `code` of its findings. */
export const SECURITY_RULES: Readonly<Record<string, SecurityRule>> = {
  'not-onnx': {
    check: 'model',
    finds: 'The file is of another kind: a pickle, an archive, a web page, a Git LFS pointer.',
  },
  'onnx-broken': {
    check: 'model',
    finds: 'The file is damaged, cut off, nested without end, or lacks what a model needs.',
  },
  'file-size': { check: 'model', finds: 'The file is larger than a runtime loads.' },
  'ir-version': { check: 'model', finds: 'The file is of a format version the runtime does not take.' },
  opset: { check: 'model', finds: 'The model is of an operator set the runtime does not take.' },
  'operator-domain': { check: 'operators', finds: 'An operator is of a domain that is not allowed.' },
  'operator-code': {
    check: 'operators',
    finds: 'An operator runs code, or loads a binary, from outside of the model.',
  },
  'opset-missing': {
    check: 'operators',
    finds: 'Operators of a domain are used without importing a version of it.',
  },
  'duplicate-name': { check: 'graph', finds: 'A value or function has more than one origin.' },
  'missing-input': { check: 'graph', finds: 'A value is used that nothing provides.' },
  'unsorted-nodes': { check: 'graph', finds: 'A node stands before one whose answer it uses.' },
  'graph-cycle': { check: 'graph', finds: 'Nodes feed each other in a circle.' },
  'function-recursion': { check: 'graph', finds: 'A function calls itself, by way of others or not.' },
  'function-expansion': {
    check: 'graph',
    finds: 'Functions multiply to over a million nodes when they are written out.',
  },
  'nesting-depth': { check: 'graph', finds: 'Graphs are nested more than 16 deep.' },
  'tensor-size': { check: 'tensors', finds: 'The shape of a tensor is negative or overflows.' },
  'tensor-type': { check: 'tensors', finds: 'The element type of a tensor does not exist.' },
  'tensor-data': { check: 'tensors', finds: 'A tensor has more or fewer elements than its shape says.' },
  'sparse-tensor': { check: 'tensors', finds: 'An index of a sparse tensor lies outside of it.' },
  'external-path': { check: 'external-data', finds: "External data lies outside of the model's directory." },
  'external-link': {
    check: 'external-data',
    finds: 'External data is reached through a symbolic or hard link.',
  },
  'external-missing': { check: 'external-data', finds: 'External data does not exist or is not a file.' },
  'external-range': {
    check: 'external-data',
    finds: 'External data lies beyond its file, or has another size than its tensor.',
  },
  'external-key': {
    check: 'external-data',
    finds: 'An entry of external data has a key that the format does not know, or one twice.',
  },
  'external-checksum': {
    check: 'external-data',
    finds: 'External data has another SHA-1 than the model says.',
  },
  'weights-not-finite': { check: 'weights', finds: 'A weight is NaN or infinite.' },
  allocation: {
    check: 'resources',
    finds: 'A constant makes the model allocate more than 1 GiB for one value.',
  },
  'endless-loop': {
    check: 'resources',
    finds: 'A Loop has a condition that is always true and no limit of rounds.',
  },
  'archive-broken': { check: 'archive', finds: 'An archive is damaged, encrypted or of an unknown form.' },
  'archive-path': {
    check: 'archive',
    finds: 'An entry would be written outside of the directory it is unpacked in.',
  },
  'archive-link': { check: 'archive', finds: 'An entry is a link, a device or a pipe.' },
  'archive-duplicate': { check: 'archive', finds: 'Two entries have the same name.' },
  'archive-size': {
    check: 'archive',
    finds: 'The archive unpacks to more than is allowed, or shares its bytes among entries.',
  },
  'archive-pickle': { check: 'archive', finds: 'An entry is a pickle, or of a format that holds pickles.' },
};
