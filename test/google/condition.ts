import { runInNewContext } from 'node:vm';

/** `resource.name` of a condition, with the function that JavaScript's strings have not. */
class ResourceName extends String {
  /** https://docs.cloud.google.com/iam/docs/conditions-attribute-reference#extract */
  extract(template: string): string {
    const [before = '', after = ''] = template.split(/\{\w+\}/);
    const start = this.indexOf(before);
    if (start < 0) return '';
    const rest = this.slice(start + before.length);
    if (after === '') return rest;
    const end = rest.indexOf(after);
    return end < 0 ? '' : rest.slice(0, end);
  }
}

/** Whether a condition of IAM holds; what it is made of means the same in JavaScript. */
export function holds(expression: string, bucket: string, object?: string): boolean {
  const name = `projects/_/buckets/${bucket}${object === undefined ? '' : `/objects/${object}`}`;
  const type = `storage.googleapis.com/${object === undefined ? 'Bucket' : 'Object'}`;
  return runInNewContext(expression, { resource: { name: new ResourceName(name), type } }) as boolean;
}
