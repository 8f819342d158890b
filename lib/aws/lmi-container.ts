import type { CfnModel } from 'aws-cdk-lib/aws-sagemaker';
import { GPU_MEMORY_UTILIZATION, type Load } from '../hardware';
import { startTimeouts } from './endpoint-settings';

export interface LmiSettings {
  readonly load: Load;
  /** The time that the container has for loading the model follows from it. */
  readonly modelBytes: number;
  /** SHA-256 over all files of the model, there to be seen. */
  readonly digest: string;
}

/**
 * Variables of AWS' Large Model Inference container for a model in `/opt/ml/model`:
 * https://docs.djl.ai/master/docs/serving/serving/docs/lmi/user_guides/vllm_user_guide.html
 */
export function lmiEnvironment({ digest, load, modelBytes }: LmiSettings): Record<string, string> {
  return {
    HF_MODEL_ID: '/opt/ml/model',
    // Nothing is fetched when the container starts, and no code that came with a model is run.
    HF_HUB_OFFLINE: '1',
    OPTION_TRUST_REMOTE_CODE: 'false',
    // vLLM's own batching, as LMI 15 and later recommend.
    OPTION_ROLLING_BATCH: 'disable',
    OPTION_ASYNC_MODE: 'true',
    OPTION_ENTRYPOINT: 'djl_python.lmi_vllm.vllm_async_service',
    OPTION_TENSOR_PARALLEL_DEGREE: String(load.tensorParallel),
    OPTION_MAX_MODEL_LEN: String(load.contextTokens),
    OPTION_MAX_NUM_SEQS: String(load.sequences),
    OPTION_MODEL_LOADING_TIMEOUT: String(
      startTimeouts(modelBytes).containerStartupHealthCheckTimeoutInSeconds,
    ),
    OPTION_GPU_MEMORY_UTILIZATION: String(GPU_MEMORY_UTILIZATION),
    // A container that cannot load the model ends, and says why, instead of waiting for its time to run out.
    SERVING_FAIL_FAST: 'true',
    MODEL_PIPELINE_DIGEST: digest,
  };
}

/** Files under a prefix, copied to `/opt/ml/model` as they are. @param s3Uri ends with `/` */
export function uncompressedModel(s3Uri: string): CfnModel.ModelDataSourceProperty {
  return { s3DataSource: { s3Uri, s3DataType: 'S3Prefix', compressionType: 'None' } };
}
