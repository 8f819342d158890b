import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { VerifiedArtifact } from '../../lib/artifact';
import { driftCommand, renderDrift } from '../../lib/cli/drift';
import { checkDrift } from '../../lib/local';
import type { PipelineDefinition } from '../../lib/pipeline';
import { createServer } from '../../lib/serving';
import { createExample, PYTHON, run } from './example';

jest.setTimeout(120_000);

/** Averages embeddings: a tenth of the teacher's work. */
const STUDENT = `
import torch
from safetensors.torch import load_file, save_file
from torch import nn

from train import read_tensors


class Student(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(10_000, 8, padding_idx=0)
        self.dense = nn.Linear(8, 1)

    def forward(self, tokens):
        return torch.sigmoid(self.dense(self.embedding(tokens).mean(dim=1)))


def train(data_dir, model_dir, hyperparameters):
    torch.manual_seed(0)
    tokens, _ = read_tensors(data_dir, "train")
    teacher = load_file(data_dir / "teacher.safetensors")["probability"]
    model = Student()
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    for _ in range(hyperparameters["steps"]):
        loss = nn.functional.mse_loss(model(tokens), teacher)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    save_file(model.state_dict(), model_dir / "model.safetensors")
    return {"distance": loss.item()}


def load(model_dir):
    model = Student()
    model.load_state_dict(load_file(model_dir / "model.safetensors"))
    return model
`;

const example = createExample(120);
writeFileSync(join(example.source, 'student.py'), STUDENT);
writeFileSync(
  join(example.source, 'preprocess.py'),
  readFileSync(join(example.source, 'preprocess.py'), 'utf8').replace(
    'parameters: dict[str, Any]) -> None:',
    'parameters: dict[str, Any], feedback_dir: Path) -> None:',
  ),
);

const any = { gate: { accuracy: { maxLoss: 1 } } };
const definition: PipelineDefinition = {
  ...example.definition,
  optimization: {
    prune: { ...any, kind: 'structured', sparsity: 0.3 },
    distill: { ...any, entry: 'student.py', hyperparameters: { steps: 20 } },
  },
  monitoring: {
    ...example.definition.monitoring,
    capture: { samplePercent: 100 },
    drift: { everyHours: 1, populationStability: { critical: 0.5 } },
    feedback: { retrainAfterSamples: 1 },
  },
};

const metricsOf = (stage: string, step: string): unknown =>
  JSON.parse(
    readFileSync(join(example.store, 'runs', '0001', stage, step, 'metrics', 'metrics.json'), 'utf8'),
  );

test('a model is pruned, distilled into a smaller one, released, and watched for drift', async () => {
  const feedback = join(example.store, 'feedback', definition.name);
  mkdirSync(feedback, { recursive: true });
  writeFileSync(join(feedback, 'monday.jsonl'), '{"input": {"text": "Cheap watches"}, "label": 1}\n{}\n');

  const { failure, store, log } = await run(definition, example.store);
  expect(failure).toBeUndefined();
  expect(log.slice(5, 13)).toEqual(
    ['prune', 'export-prune', 'evaluate-prune', 'gate-prune', 'distill', 'export-distill', 'evaluate-distill']
      .concat('gate-distill')
      .map((step) => `finished ${step}`),
  );
  expect(metricsOf('training', 'preprocess')).toMatchObject({ feedback_samples: 1, feedback_malformed: 1 });
  expect(metricsOf('optimization', 'prune')).toMatchObject({ units: 192, units_removed: 57 });
  expect(metricsOf('optimization', 'distill')).toEqual({ distance: expect.any(Number) as number });

  const version = VerifiedArtifact.fromDirectory(store.version(store.liveVersion() ?? ''));
  expect(version.report.model.bytes).toBeLessThan(500_000);

  await expect(checkDrift(definition, { python: PYTHON, store: example.store })).rejects.toThrow(
    'is not there [drift-input]',
  );
  const server = createServer(version, { capture: { directory: join(example.store, 'capture') } });
  const url = await server.listen({ port: 0 });
  const instances = Array.from({ length: 250 }, (_, index) => ({ text: `free money ${index}` }));
  const body = JSON.stringify({ instances });
  await fetch(`${url}/invocations`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body,
  });
  await server.close();

  const { report, directory } = await checkDrift(definition, { python: PYTHON, store: example.store });
  expect(report).toMatchObject({ verdict: 'critical', samples: 250, malformed: 0 });
  expect(report.features.map(({ name }) => name)).toEqual(['tokens.length', 'tokens.tokens', 'probability']);
  expect(readdirSync(directory)).toEqual(['drift.log', 'drift.request.json', 'metrics', 'report']);
  expect(renderDrift(report)).toMatch(/^critical: 250 samples\n {2}\d+\.\d{3} {2}(in|out)put /);
});

test('the command tells the verdict, and exits with 1 when it is critical', async () => {
  const file = join(example.source, 'pipeline.ts');
  writeFileSync(file, `export const definition = ${JSON.stringify(definition)};\n`);
  const printed = jest.spyOn(process.stdout, 'write').mockReturnValue(true);
  const options = ['--store', example.store, '--python', PYTHON];
  await driftCommand().parseAsync([file, ...options], { from: 'user' });
  const [text] = printed.mock.lastCall as [string];
  printed.mockRestore();
  expect(text).toMatch(/^critical: 250 samples\n/);
  expect(text).toMatch(/\nreport: .*drift\/0002\/report\/drift\.json\n$/);
  expect(process.exitCode).toBe(1);
  process.exitCode = undefined;
});

test('new feedback repeats a run from its beginning; the same feedback does not', async () => {
  const again = await run(definition, example.store);
  expect(again.log[0]).toBe('reused preprocess');
  writeFileSync(
    join(example.store, 'feedback', definition.name, 'tuesday.jsonl'),
    '{"input": {"text": "See you"}, "label": 0}\n',
  );
  const { log, steps } = await run(definition, example.store);
  expect(log[0]).toBe('finished preprocess');
  expect(steps[0]?.result.detail).toContain('feedback_samples 2');
});

test('without a live version there is nothing to compare with', async () => {
  const store = join(example.store, 'elsewhere');
  await expect(checkDrift(definition, { python: PYTHON, store })).rejects.toThrow(
    'has no live version [no-live-version]',
  );
});
