/** Metadata of a Model resource: size of the model in bytes, by which it is held against the machine. */
export const BYTES_METADATA = 'cdk-model-pipeline:bytes';
