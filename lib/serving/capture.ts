import { createHash, randomUUID } from 'node:crypto';
import { appendFile, mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { JSON_TYPE } from './media-type';

export interface CaptureOptions {
  /** Files are `<directory>/<model>/<yyyy>/<mm>/<dd>/<hh>/<name>.jsonl`, in UTC. */
  readonly directory: string;
  /** Share of requests to record, in percent, above 0 to 100. @default 100 */
  readonly samplePercent?: number;
  /**
   * Seconds for which lines are collected; a file is then written whole and never again, as a mounted object
   * store needs it. What a process that is killed has collected is lost.
   * @default - every line is appended, as it comes, to the one file of the process
   */
  readonly batchSeconds?: number;
}

/** Collected lines that are written before their time. */
const MAX_BATCH = 1000;

/** A request that was answered. */
export interface Exchange {
  readonly id: string;
  readonly request: Body;
  readonly response: Body;
}

interface Body {
  readonly contentType: string;
  readonly data: string | Buffer;
}

/**
 * Makes what records exchanges, one JSON line each, in the form of SageMaker's data capture. Requests are
 * chosen by their id: the same id is always recorded, or never.
 *
 * @param onFailure hears why a line could not be written; the request is answered all the same
 */
export function createCapture(
  model: string,
  { batchSeconds, directory, samplePercent = 100 }: CaptureOptions,
  onFailure: (cause: string) => void,
): { readonly record: (exchange: Exchange) => void; readonly flush: () => Promise<void> } {
  let written = Promise.resolve();
  let batch: string[] = [];
  let timer: NodeJS.Timeout | undefined;

  async function write(file: string, line: string): Promise<void> {
    try {
      await mkdir(dirname(file), { recursive: true });
      await appendFile(file, line);
    } catch (error) {
      onFailure((error as Error).message);
    }
  }

  function append(name: string, lines: string): void {
    const hour = new Date().toISOString().slice(0, 13).split(/[-T]/);
    const file = join(directory, model, ...hour, `${name}.jsonl`);
    written = written.then(() => write(file, lines));
  }

  function writeBatch(): void {
    clearTimeout(timer);
    timer = undefined;
    if (batch.length > 0) append(randomUUID(), batch.join(''));
    batch = [];
  }

  return {
    record(exchange) {
      if (shareOf(exchange.id) * 100 >= samplePercent) return;
      const line = `${JSON.stringify(render(exchange, new Date().toISOString()))}\n`;
      if (batchSeconds === undefined) {
        append(String(process.pid), line);
        return;
      }
      batch.push(line);
      timer ??= setTimeout(writeBatch, batchSeconds * 1000);
      if (batch.length === MAX_BATCH) writeBatch();
    },
    flush() {
      writeBatch();
      return written;
    },
  };
}

/** From 0 to below 1, as good as random. */
function shareOf(id: string): number {
  return createHash('sha256').update(id).digest().readUInt32BE(0) / 2 ** 32;
}

function render({ id, request, response }: Exchange, time: string): object {
  return {
    captureData: {
      endpointInput: { mode: 'INPUT', ...renderBody(request) },
      endpointOutput: { mode: 'OUTPUT', ...renderBody(response) },
    },
    eventMetadata: { eventId: id, inferenceTime: time },
    eventVersion: '0',
  };
}

function renderBody({ contentType, data }: Body): object {
  const bytes = Buffer.from(data);
  const isJson = contentType.split(';')[0]?.trim().toLowerCase() === JSON_TYPE;
  return {
    observedContentType: contentType,
    ...(isJson
      ? { data: bytes.toString('utf8'), encoding: 'JSON' }
      : { data: bytes.toString('base64'), encoding: 'BASE64' }),
  };
}
