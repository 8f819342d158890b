import { createHash } from 'node:crypto';
import { appendFile, mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { JSON_TYPE } from './media-type';

export interface CaptureOptions {
  /** Files are `<directory>/<model>/<yyyy>/<mm>/<dd>/<hh>/<process id>.jsonl`, in UTC. */
  readonly directory: string;
  /** Share of requests to record, in percent, above 0 to 100. @default 100 */
  readonly samplePercent?: number;
}

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
  { directory, samplePercent = 100 }: CaptureOptions,
  onFailure: (cause: string) => void,
): { readonly record: (exchange: Exchange) => void; readonly flush: () => Promise<void> } {
  let written = Promise.resolve();

  async function write(file: string, line: string): Promise<void> {
    try {
      await mkdir(dirname(file), { recursive: true });
      await appendFile(file, line);
    } catch (error) {
      onFailure((error as Error).message);
    }
  }

  return {
    record(exchange) {
      if (shareOf(exchange.id) * 100 >= samplePercent) return;
      const time = new Date().toISOString();
      const hour = time.slice(0, 13).split(/[-T]/);
      const file = join(directory, model, ...hour, `${process.pid}.jsonl`);
      written = written.then(() => write(file, `${JSON.stringify(render(exchange, time))}\n`));
    },
    flush: () => written,
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
