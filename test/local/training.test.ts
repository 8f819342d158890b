import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runPipeline } from '../../lib/local';
import type { PipelineDefinition } from '../../lib/pipeline';
import { PYTHON, run } from './example';

jest.setTimeout(120_000);

const PREPROCESS = `
import json

def preprocess(input_dir, output_dir, parameters):
    for split in ("train", "validation", "test"):
        sample = {"id": split, "input": {"x": [1, 2]}, "label": 0}
        (output_dir / f"{split}.jsonl").write_text(json.dumps(sample) + "\\n")
    numbers = {"kind": "numbers", "field": "x", "shape": [2], "mean": 0, "scale": 1}
    (output_dir / "preprocessing").mkdir()
    document = {"schemaVersion": 1, "inputs": {"x": numbers}}
    (output_dir / "preprocessing" / "preprocessing.json").write_text(json.dumps(document))

def augment(input, seed, parameters):
    return {"x": [value + parameters["shift"] for value in input["x"]]}
`;

/** Ends after training: there is no `load` to export with. */
const having = (
  train: string,
  training: Partial<PipelineDefinition['training']>,
): { definition: PipelineDefinition; store: string } => {
  const directory = mkdtempSync(join(tmpdir(), 'training-'));
  const source = join(directory, 'source');
  mkdirSync(join(source, 'data'), { recursive: true });
  writeFileSync(join(source, 'preprocess.py'), PREPROCESS);
  writeFileSync(join(source, 'train.py'), train);
  const definition: PipelineDefinition = {
    name: 'tiny',
    source,
    signature: {
      inputs: { x: { dtype: 'float32', shape: ['batch', 2] } },
      outputs: { y: { dtype: 'float32', shape: ['batch', 1] } },
    },
    training: {
      framework: 'pytorch',
      train: {},
      evaluate: { task: 'regression' },
      gate: { mse: { max: 1 } },
      ...training,
    },
    deployment: { endpoint: { machine: {} } },
    monitoring: { performance: { latencyP99Ms: { critical: 100 }, errorPercent: { critical: 1 } } },
  };
  return { definition, store: join(directory, 'store') };
};

/** Metrics of a finished step, as its file has them. */
const metricsOf = (store: string, id: string, step: string): unknown =>
  JSON.parse(readFileSync(join(store, 'runs', id, 'training', step, 'metrics', 'metrics.json'), 'utf8'));

test('a training that was interrupted goes on from its checkpoint in the next run', async () => {
  const train = `
import os

def train(data_dir, model_dir, hyperparameters, checkpoint_dir):
    state = checkpoint_dir / "epoch"
    first = int(state.read_text()) if state.exists() else 0
    for epoch in range(first, 4):
        state.write_text(str(epoch + 1))
        if first == 0 and epoch == 2:
            os._exit(9)
    (model_dir / "model.safetensors").write_text("weights")
    return {"epochs_of_this_try": 4 - first}
`;
  const { definition, store } = having(train, { train: { capacity: 'spot', checkpoints: true } });
  const first = await run(definition, store);
  expect(first.log).toEqual(['finished preprocess', 'failed train', 'finished notify-failure']);
  const second = await run(definition, store);
  expect(second.log.slice(0, 2)).toEqual(['reused preprocess', 'finished train']);
  expect(metricsOf(store, '0002', 'train')).toEqual({ epochs_of_this_try: 1 });
  expect(readdirSync(join(store, 'checkpoints'))).toEqual([]);
});

test('a tuning keeps the best of its trials', async () => {
  const train = `
def train(data_dir, model_dir, hyperparameters):
    (model_dir / "model.safetensors").write_text(str(hyperparameters["rate"]))
    return {"loss": (hyperparameters["rate"] - 0.5) ** 2}
`;
  const { definition, store } = having(train, {
    tuning: {
      objective: 'loss',
      goal: 'minimize',
      ranges: { rate: { kind: 'continuous', min: 0, max: 1 } },
      trials: 3,
      parallelTrials: 3,
    },
  });
  const messages: string[] = [];
  const result = await run(definition, store, {
    onEvent: (event) => {
      if (event.type === 'step-progress') messages.push(event.message);
    },
  });
  expect(result.log.slice(0, 2)).toEqual(['finished preprocess', 'finished tune']);
  expect(messages).toContainEqual(expect.stringMatching(/^trial \d\/3 {2}rate=0\.\d+ {2}loss 0\.\d+$/));
  const tuned = join(store, 'runs', '0001', 'training', 'tune');
  const { trials } = JSON.parse(readFileSync(join(tuned, 'metrics', 'trials.json'), 'utf8')) as {
    trials: { hyperparameters: { rate: number }; metrics: { loss: number } }[];
  };
  const [best] = trials.toSorted((a, b) => a.metrics.loss - b.metrics.loss);
  expect(Number(readFileSync(join(tuned, 'model', 'model.safetensors'), 'utf8'))).toBe(
    best?.hyperparameters.rate,
  );
  expect(readdirSync(join(tuned, 'model'))).toEqual(['model.safetensors']);
});

test('a training starts from weights of the store, on augmented data', async () => {
  const train = `
def train(data_dir, model_dir, hyperparameters, start_dir, frozen_layers):
    (model_dir / "model.safetensors").write_text((start_dir / "model.safetensors").read_text())
    return {"samples": len((data_dir / "train.jsonl").read_text().splitlines()), "frozen": len(frozen_layers)}
`;
  const { definition, store } = having(train, {
    transferLearning: { from: { prefix: 'pretrained/tiny' }, frozenLayers: ['embedding'] },
    augmentation: { copies: 2, parameters: { shift: 1 } },
  });
  const without = await run(definition, store);
  expect(without.failure?.message).toBe('the store has no pretrained/tiny/');
  const start = join(store, 'pretrained', 'tiny');
  mkdirSync(start, { recursive: true });
  writeFileSync(join(start, 'model.safetensors'), 'start');
  const result = await run(definition, store);
  expect(result.log.slice(0, 2)).toEqual(['reused preprocess', 'finished train']);
  expect(metricsOf(store, '0002', 'train')).toEqual({ samples: 3, frozen: 1 });
  const model = join(store, 'runs', '0002', 'training', 'train', 'model');
  expect(readFileSync(join(model, 'model.safetensors'), 'utf8')).toBe('start');
});

test('a distributed training that is stopped leaves none of its processes behind', async () => {
  const train = `
import os, time
from model_pipeline.contract import progress

def train(data_dir, model_dir, hyperparameters):
    progress(f"process {os.getpid()}")
    time.sleep(600)
`;
  const { definition, store } = having(train, { distribution: { strategy: 'data-parallel', machines: 2 } });
  const interruption = new AbortController();
  const processes: number[] = [];
  const { log } = await run(definition, store, {
    signal: interruption.signal,
    onEvent: (event) => {
      if (event.type !== 'step-progress') return;
      const pid = /^process (\d+)$/.exec(event.message)?.[1];
      if (pid !== undefined) processes.push(Number(pid));
      if (processes.length === 2) interruption.abort();
    },
  });
  expect(log).toEqual(['finished preprocess', 'failed train']);
  expect(processes).toHaveLength(2);
  for (const pid of processes) expect(() => process.kill(pid, 0)).toThrow('ESRCH');
});

test('what a search on one machine cannot do is refused', async () => {
  const { definition, store } = having('', {
    tuning: {
      objective: 'loss',
      goal: 'minimize',
      ranges: { rate: { kind: 'continuous', min: 0, max: 1 } },
      trials: 2,
      earlyStopping: 'auto',
      warmStart: { jobs: ['tune-1'] },
    },
  });
  await expect(runPipeline(definition, { store, python: PYTHON })).rejects.toThrow(
    'definition "tiny": 2 problems\n' +
      '  training.tuning.earlyStopping: is not carried out on this machine: every trial trains to its end [unsupported-field]\n' +
      '    fix: Choose another value than "auto".\n' +
      '  training.tuning.warmStart: is not carried out on this machine: there are no tuning jobs to learn from [unsupported-field]\n' +
      '    fix: Remove the field.',
  );
  expect(existsSync(store)).toBe(false);
});
