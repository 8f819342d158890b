import { issue, IssueError } from '../../issue';

/** A directory of a bucket. */
export interface S3Directory {
  readonly bucket: string;
  /** Ends with `/`; empty for the bucket's root. */
  readonly prefix: string;
}

/**
 * Reads `s3://bucket/path`, with or without a slash at the end.
 *
 * @param name of the input or output, for messages
 * @throws IssueError when it is anything else
 */
export function parseS3Uri(uri: string, name: string): S3Directory {
  const match = /^s3:\/\/([^/]+)(?:\/(.*))?$/s.exec(uri);
  if (!match?.[1]) {
    const message = `got ${JSON.stringify(uri)}, wanted s3://bucket/path/`;
    throw new IssueError('event', [issue('s3-uri', name, message, 'name a directory of the artifact store')]);
  }
  const path = match[2] ?? '';
  return { bucket: match[1], prefix: path === '' || path.endsWith('/') ? path : `${path}/` };
}

export function s3Uri(bucket: string, key: string): string {
  return `s3://${bucket}/${key}`;
}
