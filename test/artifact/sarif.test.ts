import Ajv from 'ajv';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { toSarif, verifyArtifact } from '../../lib/artifact';
import { bytesOf, floats, model, node } from './onnx-builder';
import { modelFile, temporaryDirectory } from './support';

jest.setTimeout(30_000);

const text = { type: 'object', required: ['text'], properties: { text: { type: 'string', minLength: 1 } } };

/** What the specification of SARIF 2.1.0 demands of the parts that are used here, and nothing besides. */
const SCHEMA = {
  type: 'object',
  required: ['version', 'runs'],
  additionalProperties: false,
  properties: {
    $schema: { type: 'string' },
    version: { const: '2.1.0' },
    runs: {
      type: 'array',
      items: {
        type: 'object',
        required: ['tool'],
        additionalProperties: false,
        properties: {
          tool: {
            type: 'object',
            required: ['driver'],
            additionalProperties: false,
            properties: {
              driver: {
                type: 'object',
                required: ['name'],
                additionalProperties: false,
                properties: {
                  name: { type: 'string' },
                  semanticVersion: { type: 'string' },
                  rules: {
                    type: 'array',
                    uniqueItems: true,
                    items: {
                      type: 'object',
                      required: ['id'],
                      additionalProperties: false,
                      properties: {
                        id: { type: 'string' },
                        shortDescription: text,
                        properties: {
                          type: 'object',
                          properties: {
                            tags: { type: 'array', uniqueItems: true, items: { type: 'string' } },
                          },
                        },
                      },
                    },
                  },
                },
              },
            },
          },
          results: {
            type: 'array',
            items: {
              type: 'object',
              required: ['message'],
              additionalProperties: false,
              properties: {
                ruleId: { type: 'string' },
                ruleIndex: { type: 'integer', minimum: 0 },
                level: { enum: ['none', 'note', 'warning', 'error'] },
                message: text,
                locations: {
                  type: 'array',
                  items: {
                    type: 'object',
                    additionalProperties: false,
                    properties: {
                      physicalLocation: {
                        type: 'object',
                        additionalProperties: false,
                        properties: {
                          artifactLocation: {
                            type: 'object',
                            additionalProperties: false,
                            properties: { uri: { type: 'string', pattern: '^[^\\s\\\\]+$' } },
                          },
                          region: {
                            type: 'object',
                            additionalProperties: false,
                            properties: { startLine: { type: 'integer', minimum: 1 } },
                          },
                        },
                      },
                    },
                  },
                },
              },
            },
          },
          invocations: {
            type: 'array',
            items: {
              type: 'object',
              required: ['executionSuccessful'],
              additionalProperties: false,
              properties: {
                executionSuccessful: { type: 'boolean' },
                toolExecutionNotifications: {
                  type: 'array',
                  items: {
                    type: 'object',
                    required: ['message'],
                    additionalProperties: false,
                    properties: { level: { enum: ['none', 'note', 'warning', 'error'] }, message: text },
                  },
                },
              },
            },
          },
        },
      },
    },
  },
};

const validate = new Ajv({ strict: true }).compile(SCHEMA);

test('findings become results that follow the format', async () => {
  const file = join(temporaryDirectory(), 'my model.onnx');
  const broken = model({
    nodes: [node('Add', ['x', 'w'], ['y']), node('Secret', ['y'], ['z'], {}, { domain: 'evil.example' })],
    initializers: [floats('w', [1], [2])],
  });
  writeFileSync(file, bytesOf(broken));
  const log = toSarif(await verifyArtifact(file), { uri: 'models\\my model.onnx' });
  validate(log);
  expect(validate.errors).toBeNull();
  const [{ tool, results, invocations }] = log.runs;
  expect(tool.driver.rules.map(({ id }) => id)).toEqual(['operator-domain', 'tensor-data']);
  expect(tool.driver.rules[1]).toEqual({
    id: 'tensor-data',
    shortDescription: { text: 'A tensor has more or fewer elements than its shape says.' },
    properties: { tags: ['security', 'tensors'], 'security-severity': '8.0' },
  });
  expect(results[1]).toEqual({
    ruleId: 'tensor-data',
    ruleIndex: 1,
    level: 'error',
    message: {
      text: 'initialiser "w" of graph has 4 bytes in raw_data; its shape needs 8. To mend it: write the file again; a reader would take what lies behind the tensor for its elements.',
    },
    locations: [
      { physicalLocation: { artifactLocation: { uri: 'models/my%20model.onnx' }, region: { startLine: 1 } } },
    ],
  });
  expect(invocations[0].toolExecutionNotifications.map(({ message }) => message.text)).toContain(
    'signature: no signature was declared to hold the model to',
  );
});

test('a finding of a run has its place in the message', async () => {
  const report = await verifyArtifact(modelFile('opset-27'));
  const finding = { code: 'golden-tensors', path: 'sample "a"', message: 'differs', fix: 'export again' };
  const checks = [
    { id: 'golden-tensors', title: 'Answers agree', verdict: 'failed', detail: '', findings: [finding] },
  ] as const;
  const log = toSarif({ ...report, checks });
  validate(log);
  expect(validate.errors).toBeNull();
  expect(log.runs[0].tool.driver.rules).toEqual([
    {
      id: 'golden-tensors',
      shortDescription: { text: 'Not so: Answers agree' },
      properties: { tags: ['correctness', 'golden-tensors'] },
    },
  ]);
  expect(log.runs[0].results[0]?.message.text).toBe('sample "a": differs. To mend it: export again.');
});

test('a sound model has no results', async () => {
  const log = toSarif(await verifyArtifact(modelFile('identity')));
  validate(log);
  expect(validate.errors).toBeNull();
  expect(log.runs[0].results).toEqual([]);
});
