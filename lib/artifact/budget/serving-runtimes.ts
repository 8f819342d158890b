/** What an onnxruntime release takes; every release takes opset 7 and up. */
export interface RuntimeSupport {
  /** Highest version of the standard operator set. */
  readonly opset: number;
  /** Highest version of the operator set `ai.onnx.ml`. */
  readonly mlOpset: number;
  /** Highest IR version. */
  readonly irVersion: number;
}

/**
 * By minor release. From 1.19 on, what the CPU wheel of PyPI loads (a model of one Identity node, of
 * each version, up to the first it refuses; November 2026); before that,
 * https://onnxruntime.ai/docs/reference/compatibility.html.
 */
export const ONNXRUNTIME: Readonly<Record<string, RuntimeSupport>> = {
  '1.15': { opset: 19, mlOpset: 3, irVersion: 8 },
  '1.16': { opset: 19, mlOpset: 3, irVersion: 9 },
  '1.17': { opset: 20, mlOpset: 4, irVersion: 9 },
  '1.18': { opset: 21, mlOpset: 4, irVersion: 10 },
  '1.19': { opset: 21, mlOpset: 5, irVersion: 10 },
  '1.20': { opset: 21, mlOpset: 5, irVersion: 10 },
  '1.21': { opset: 22, mlOpset: 5, irVersion: 10 },
  '1.22': { opset: 22, mlOpset: 5, irVersion: 10 },
  '1.23': { opset: 23, mlOpset: 5, irVersion: 11 },
  '1.24': { opset: 25, mlOpset: 5, irVersion: 13 },
  '1.25': { opset: 26, mlOpset: 5, irVersion: 13 },
  '1.26': { opset: 26, mlOpset: 5, irVersion: 13 },
  '1.27': { opset: 26, mlOpset: 5, irVersion: 13 },
  '1.28': { opset: 26, mlOpset: 5, irVersion: 13 },
  '1.29': { opset: 26, mlOpset: 5, irVersion: 13 },
  '1.30': { opset: 26, mlOpset: 5, irVersion: 13 },
};

/**
 * Minor release of onnxruntime in each release of NVIDIA Triton: `ort_version` in `build.py` of
 * https://github.com/triton-inference-server/server at the tag of the release. SageMaker's Triton
 * images carry the release in their tag (`sagemaker-tritonserver:25.09-py3`); on Vertex AI, Triton is
 * NVIDIA's own image. The prebuilt prediction images of Vertex AI and the framework images of
 * SageMaker do not take ONNX models.
 */
export const TRITON: Readonly<Record<string, string>> = {
  '24.12': '1.20',
  '25.01': '1.20',
  '25.02': '1.20',
  '25.03': '1.21',
  '25.04': '1.21',
  '25.05': '1.22',
  '25.06': '1.22',
  '25.07': '1.22',
  '25.08': '1.23',
  '25.09': '1.23',
  '25.10': '1.23',
  '25.11': '1.23',
  '25.12': '1.23',
  '26.01': '1.23',
  '26.02': '1.24',
  '26.03': '1.24',
  '26.04': '1.24',
  '26.05': '1.24',
  '26.06': '1.24',
  '26.07': '1.27',
};
