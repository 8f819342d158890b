import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import type { Target } from './policies';
import { WorkflowError } from './workflow-error';

/** Told of every access before it happens; throws where it is not allowed. */
export type Guard = (permission: string, target: Target) => void;

interface StoredObject {
  readonly body: Buffer;
  readonly generation: string;
}

type Arguments = Readonly<Record<string, unknown>>;

/** One bucket of Cloud Storage, in memory. */
export class FakeStore {
  private readonly objects: Map<string, StoredObject>;
  private generations: number;

  /** @param from whose objects it begins with */
  constructor(
    readonly bucketName: string,
    from?: FakeStore,
  ) {
    this.objects = new Map(from?.objects);
    this.generations = from?.generations ?? 0;
  }

  get(path: string): Buffer | undefined {
    return this.objects.get(path)?.body;
  }

  put(path: string, body: Uint8Array | string): void {
    this.generations += 1;
    this.objects.set(path, { body: Buffer.from(body), generation: String(this.generations) });
  }

  list(prefix: string): string[] {
    return [...this.objects.keys()].filter((path) => path.startsWith(prefix)).sort();
  }

  putDirectory(directory: string, prefix: string): void {
    for (const [path, body] of filesOf(directory)) this.put(prefix + path, body);
  }

  /** @returns whether there was anything */
  copyTo(directory: string, prefix: string): boolean {
    mkdirSync(directory, { recursive: true });
    const paths = this.list(prefix);
    for (const path of paths) {
      const file = join(directory, path.slice(prefix.length));
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, this.get(path) ?? '');
    }
    return paths.length > 0;
  }

  /** As `copyTo`, in the name of whom `guard` stands for. */
  fetch(directory: string, prefix: string, guard: Guard): boolean {
    guard('storage.objects.list', this.bucket());
    for (const path of this.list(prefix)) guard('storage.objects.get', this.object(path));
    return this.copyTo(directory, prefix);
  }

  /**
   * Writes the files of a directory as a mounted bucket does: a directory that is not there yet becomes an
   * empty object, what is there already is replaced, which is to delete it.
   */
  write(directory: string, prefix: string, guard: Guard): void {
    for (const [path, body] of filesOf(directory)) this.writeFile(prefix + path, body, guard);
  }

  /** As `write`, of one file. */
  writeFile(path: string, body: Buffer, guard: Guard): void {
    if (this.get(path)?.equals(body)) return;
    for (const parent of parentsOf(path)) {
      if (this.list(parent).length > 0) continue;
      guard('storage.objects.get', this.object(parent));
      guard('storage.objects.create', this.object(parent));
    }
    if (this.get(path) !== undefined) guard('storage.objects.delete', this.object(path));
    guard('storage.objects.create', this.object(path));
    this.put(path, body);
  }

  /** Answers `googleapis.storage.v1.objects.<method>`. */
  answer(method: string, args: Arguments, guard: Guard): unknown {
    if (args.bucket !== this.bucketName) throw new Error(`there is no bucket ${String(args.bucket)}`);
    switch (method) {
      case 'get':
        return this.read(decodeURIComponent(args.object as string), args.alt === 'media', guard);
      case 'insert':
        return this.insert(args, guard);
      case 'delete':
        return this.remove(decodeURIComponent(args.object as string), args.ifGenerationMatch, guard);
      case 'list':
        return this.listed((args.prefix ?? '') as string, guard);
      default:
        throw new Error(`objects.${method} is not rehearsed`);
    }
  }

  private read(path: string, media: boolean, guard: Guard): unknown {
    guard('storage.objects.get', this.object(path));
    const object = this.objects.get(path);
    if (object === undefined) {
      // Whoever may not list is not told that there is none.
      guard('storage.objects.list', this.bucket());
      throw WorkflowError.http(404, `No such object: ${this.bucketName}/${path}`);
    }
    return media
      ? (JSON.parse(object.body.toString()) as unknown)
      : { name: path, generation: object.generation, updated: timeOf(object) };
  }

  private listed(prefix: string, guard: Guard): object {
    guard('storage.objects.list', this.bucket());
    const items = this.list(prefix).map((name) => ({ name, generation: this.objects.get(name)?.generation }));
    return items.length === 0 ? {} : { items };
  }

  private insert({ body, ifGenerationMatch, name }: Arguments, guard: Guard): unknown {
    const path = name as string;
    const there = this.objects.get(path);
    guard('storage.objects.create', this.object(path));
    this.match(there, ifGenerationMatch);
    if (there) guard('storage.objects.delete', this.object(path));
    this.put(path, JSON.stringify(body));
    return { name: path, generation: this.objects.get(path)?.generation };
  }

  private remove(path: string, generation: unknown, guard: Guard): null {
    guard('storage.objects.delete', this.object(path));
    const there = this.objects.get(path);
    if (!there) throw WorkflowError.http(404, `No such object: ${this.bucketName}/${path}`);
    this.match(there, generation);
    this.objects.delete(path);
    return null;
  }

  private match(there: StoredObject | undefined, generation: unknown): void {
    if (generation === undefined || generation === (there?.generation ?? '0')) return;
    throw WorkflowError.http(412, 'At least one of the pre-conditions you specified did not hold.');
  }

  private object(path: string): Target {
    const name = `projects/_/buckets/${this.bucketName}/objects/${path}`;
    return { scope: `bucket:${this.bucketName}`, type: 'storage.googleapis.com/Object', name };
  }

  private bucket(): Target {
    const name = `projects/_/buckets/${this.bucketName}`;
    return { scope: `bucket:${this.bucketName}`, type: 'storage.googleapis.com/Bucket', name };
  }
}

/** A second for every change of the bucket. */
function timeOf({ generation }: StoredObject): string {
  return new Date(1_700_000_000_000 + Number(generation) * 1000).toISOString();
}

function filesOf(directory: string): [path: string, body: Buffer][] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
    .map((file) => [relative(directory, file), readFileSync(file)]);
}

/** `a/`, `a/b/` of `a/b/c`. */
function parentsOf(path: string): string[] {
  return [...path.matchAll(/\//g)].map(({ index }) => path.slice(0, index + 1));
}
