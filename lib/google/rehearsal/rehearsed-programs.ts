import { cpSync, mkdirSync, mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { type Prompts, readGolden, VerifiedArtifact } from '../../artifact';
import { parsePrompts } from '../../artifact/language-model/prompts';
import type { Json } from '../../pipeline';
import type { ProgramRequest } from '../../program';
import { runMounted } from '../../program/mounted/run-mounted';
import type { ProgramCache } from '../../rehearsal/program-cache';
import { createServer, type InferenceServer } from '../../serving';
import { smokeTest } from '../../serving/smoke-test';
import { promptTest } from '../../serving/smoke-test-prompts';
import { completeByVllm } from '../../serving/vllm-completion';
import { readWords } from './container-words';
import type { FakeStore, Guard } from './fake-store';
import { mountedPath } from './rehearsed-jobs';
import { answerPrompt } from './vllm-stand-in';

/** What a job of this library's image finds. */
export interface ProgramWorld {
  readonly store: FakeStore;
  /** Judges accesses in the name of the job's service account. */
  readonly guard: Guard;
  /** `gs://…/` of the version that answers a request, which is judged in the name of the job's account. */
  readonly answering: (url: string) => string | undefined;
  /** Changes the endpoint's answers. */
  readonly alterAnswer: (body: string) => string;
}

/** The jobs that run this library's image, and its server behind the endpoint. */
export class RehearsedPrograms {
  private readonly servers = new Map<string, Promise<InferenceServer>>();

  /**
   * @param directory for the directories of programs
   * @param cache keeps what they wrote
   */
  constructor(
    private readonly directory: string,
    private readonly cache: ProgramCache,
  ) {}

  /**
   * @param words arguments of the image: `program --store mounted …`, `smoke-test <golden> …`
   * @throws Error with the cause, where it fails
   */
  async run([command, ...words]: readonly string[], world: ProgramWorld): Promise<void> {
    if (command === 'program') await this.program(words, world);
    else if (command === 'smoke-test') await this.smokeTest(words, world);
    else throw new Error(`the image has no command "${command ?? ''}"`);
  }

  async close(): Promise<void> {
    for (const server of this.servers.values()) await (await server).close();
  }

  private async program(words: readonly string[], { guard, store }: ProgramWorld): Promise<void> {
    const { inputs, options, outputs, step = '' } = readWords(words);
    const { parameters = '{}', program = '', publish, store: kind, ...others } = options;
    if (kind !== 'mounted') throw new Error(`jobs have a mounted store, not ${kind ?? 'directories'}`);
    if (Object.keys(others).length > 0) throw new Error(`program has no ${Object.keys(others).join(', ')}`);
    const directory = mkdtempSync(join(this.directory, `${step}-`));
    const fetched = (name: string, path: string) => {
      const place = join(directory, name);
      store.fetch(place, mountedPath(store, path), guard);
      return place;
    };
    const request = {
      schemaVersion: 1,
      program,
      step,
      parameters: JSON.parse(parameters) as Record<string, Json>,
      inputs: mapValues(inputs, (path, name) => fetched(join('inputs', name), path)),
      outputs: mapValues(outputs, (path, name) => fetched(join('outputs', name), path)),
    } as const;
    const published = publish === undefined ? undefined : fetched('published', publish);
    try {
      await this.once(request, directory, published);
    } finally {
      // What a program leaves when it fails is kept, too.
      if (publish !== undefined && published !== undefined)
        store.write(published, mountedPath(store, publish), guard);
      for (const [name, path] of Object.entries(outputs))
        store.write(request.outputs[name] ?? '', mountedPath(store, path), guard);
    }
  }

  /** Carries it out where it has not been, for the same inputs and the same state of what it writes to. */
  private async once(
    request: ProgramRequest,
    directory: string,
    published: string | undefined,
  ): Promise<void> {
    const state = { ...request.outputs, ...(published !== undefined && { published }) };
    const before = mapValues(state, (path, name) => {
      const place = join(directory, 'before', name);
      cpSync(path, place, { recursive: true });
      return place;
    });
    const known = { ...request.inputs, ...mapKeys(before, (name) => `before-${name}`) };
    await this.cache.run({ ...request, inputs: known, outputs: state }, () => {
      for (const path of Object.values(state)) mkdirSync(path, { recursive: true });
      return runMounted({ ...request, publish: published }, {});
    });
  }

  private async smokeTest(words: readonly string[], world: ProgramWorld): Promise<void> {
    const { others, options } = readWords(words);
    const { absolute, relative, runtime = 'onnx', url = '' } = options;
    const invoke = async (body: string) => world.alterAnswer(await this.ask(url, body, world));
    const samples = mountedPath(world.store, others[0] ?? '');
    if (runtime === 'vllm') {
      await promptTest(promptsOf(samples, world), (prompt, tokens) => completeByVllm(invoke, prompt, tokens));
      return;
    }
    const directory = mkdtempSync(join(this.directory, 'golden-'));
    const there = world.store.fetch(directory, samples, world.guard);
    if (!there) throw new Error(`there are no golden samples at ${others[0] ?? ''}`);
    const tolerance = {
      ...(absolute !== undefined && { absolute: Number(absolute) }),
      ...(relative !== undefined && { relative: Number(relative) }),
    };
    await smokeTest(readGolden(directory), runtime as 'onnx' | 'triton', tolerance, invoke);
  }

  private async ask(url: string, body: string, { answering, store }: ProgramWorld): Promise<string> {
    const uri = answering(url);
    if (uri === undefined) throw new Error('the endpoint serves nothing');
    if (uri.endsWith('/model/')) return answerPrompt(store, pathOf(uri, store), body);
    const running = this.servers.get(uri) ?? this.serve(uri, store);
    this.servers.set(uri, running);
    const { address = '' } = await running;
    const headers = { 'content-type': 'application/json' };
    return (await fetch(`${address}/invocations`, { method: 'POST', headers, body })).text();
  }

  private async serve(uri: string, store: FakeStore): Promise<InferenceServer> {
    const directory = mkdtempSync(join(this.directory, 'served-'));
    store.copyTo(directory, versionPath(uri, store));
    const server = createServer(VerifiedArtifact.fromDirectory(directory));
    await server.listen({ port: 0 });
    return server;
  }
}

/** `models/<version>/` of what a runtime takes of a version, which may be a directory in it. */
export function versionPath(uri: string, store: FakeStore): string {
  const [models, version] = pathOf(uri, store).split('/');
  return `${models ?? ''}/${version ?? ''}/`;
}

function promptsOf(path: string, { guard, store }: ProgramWorld): Prompts {
  const object = { bucket: store.bucketName, object: encodeURIComponent(path), alt: 'media' };
  return parsePrompts(store.answer('get', object, guard), path);
}

/** `gs://<bucket>/<path>` */
export function pathOf(uri: string, { bucketName }: FakeStore): string {
  const start = `gs://${bucketName}/`;
  if (!uri.startsWith(start)) throw new Error(`${uri} is not in the store`);
  return uri.slice(start.length);
}

function mapValues<T, U>(
  record: Readonly<Record<string, T>>,
  map: (value: T, key: string) => U,
): Record<string, U> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value, key)]));
}

function mapKeys<T>(record: Readonly<Record<string, T>>, map: (key: string) => string): Record<string, T> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [map(key), value]));
}
