import { z } from 'zod';
import type { Json } from '../../pipeline/definition';

const count = z.int().min(0);
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);

const file = z.strictObject({
  file: z.string().describe('Relative to the verified directory, with "/".'),
  sha256: sha256.describe('Hexadecimal.'),
  bytes: count,
});

const issue = z.strictObject({
  code: z.string().describe('Id of the rule: "external-data".'),
  path: z.string().describe('Where: a file, a sample, a node.'),
  message: z.string().describe('What is wrong, with the value found and what is allowed.'),
  fix: z.string().describe('What to do about it.'),
});

const json: z.ZodType<Json> = z.json();

const check = z.strictObject({
  id: z.string(),
  title: z.string().describe('What holds when it passes.'),
  verdict: z.enum(['passed', 'failed', 'skipped']),
  detail: z.string().describe('What was measured, or why the check failed or was skipped.'),
  findings: z.array(issue).describe('There are some where the verdict is "failed".'),
  data: json.optional().describe("What was measured; its form is the check's own."),
});

const value = z.strictObject({
  dtype: z.string(),
  shape: z.array(z.union([z.number(), z.string()])).optional(),
});

/** Later versions of the library tell more here. */
const summary = z.looseObject({
  irVersion: count,
  producer: z.string(),
  opsets: z.record(z.string(), z.number()),
  inputs: z.record(z.string(), value),
  outputs: z.record(z.string(), value),
  operators: z.array(z.strictObject({ domain: z.string(), name: z.string(), count })),
  functions: z.array(z.string()),
  initializers: count,
  parameters: z.number(),
  bytesByDtype: z.record(z.string(), z.number()),
  externalData: z.array(z.strictObject({ location: z.string(), tensors: count, bytes: z.number() })),
});

const languageModel = z.strictObject({
  architecture: z.string(),
  layers: count,
  attentionHeads: count,
  keyValueHeads: count,
  headSize: count,
  contextTokens: count,
  parameters: count,
  bytes: count,
  bytesByDtype: z.record(z.string(), count),
  tensors: count,
});

const milliseconds = z.number().min(0);

/** `verification.json`; `schemas/verification-report.schema.json` is made of it. */
export const reportSchema = z
  .strictObject({
    schemaVersion: z.literal(1),
    verdict: z.enum(['passed', 'failed']).describe('"failed" when any check failed.'),
    model: z
      .strictObject({ ...file.shape, externalData: z.array(file) })
      .describe(
        'The ONNX file, or the config.json of a language model, whose other files are external data.',
      ),
    verifier: z.strictObject({
      version: z.string(),
      onnxruntime: z.string().optional().describe('Absent where nothing was to be run in it.'),
      node: z.string(),
    }),
    tolerance: z
      .strictObject({ absolute: z.number().min(0), relative: z.number().min(0) })
      .optional()
      .describe('Absent where there was nothing to compare.'),
    summary: summary.optional().describe('Absent when the file could not be read as an ONNX model.'),
    languageModel: languageModel
      .optional()
      .describe('What the files of a language model say of it; absent when they could not be read as one.'),
    checks: z.array(check).describe('In the order they were run.'),
    latency: z
      .strictObject({ runs: count, p50Ms: milliseconds, p99Ms: milliseconds })
      .optional()
      .describe('Time of one golden sample in the runtime; absent when nothing was run.'),
  })
  .meta({
    $id: 'urn:cdk-model-pipeline:verification-report:1',
    title: 'Verification report',
    description: 'What was checked of one model, bound to the SHA-256 of its bytes.',
  });

/** The report's form for readers in any language: JSON Schema, draft 2020-12. */
export function reportJsonSchema(): object {
  return z.toJSONSchema(reportSchema);
}
