import type { S3Directory } from './s3-uri';

/** A directory of the store and its place in the work directory. */
export interface Transfer {
  readonly name: string;
  readonly s3Directory: S3Directory;
  readonly path: string;
}
