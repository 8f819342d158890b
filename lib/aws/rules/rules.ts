import { encryption } from './encryption';
import { endpointCapture } from './endpoint-capture';
import { endpointErrorAlarm } from './endpoint-error-alarm';
import { endpointRollbackAlarm } from './endpoint-rollback-alarm';
import { fixedName } from './fixed-name';
import { fullAccess } from './full-access';
import { instanceKnown } from './instance-known';
import { instanceUse } from './instance-use';
import { kmsOnNvme } from './kms-on-nvme';
import { modelFits } from './model-fits';
import { publicAccess } from './public-access';
import { resourceName } from './resource-name';
import { roleShared } from './role-shared';
import { rolloutDuration } from './rollout-duration';
import { rolloutServerless } from './rollout-serverless';
import { rolloutStep } from './rollout-step';
import { rolloutVariants } from './rollout-variants';
import { scalingToZero } from './scaling-to-zero';
import { spotCheckpoints } from './spot-checkpoints';
import { spotWait } from './spot-wait';
import { terraformConstruct } from './terraform-construct';
import { transportEncryption } from './transport-encryption';
import { tuningParallelism } from './tuning-parallelism';
import type { Rule } from './rule';

/** Every rule, in the order of its id. */
export const RULES: readonly Rule[] = [
  encryption,
  endpointCapture,
  endpointErrorAlarm,
  endpointRollbackAlarm,
  fixedName,
  fullAccess,
  instanceKnown,
  instanceUse,
  kmsOnNvme,
  modelFits,
  publicAccess,
  resourceName,
  roleShared,
  rolloutDuration,
  rolloutServerless,
  rolloutStep,
  rolloutVariants,
  scalingToZero,
  spotCheckpoints,
  spotWait,
  terraformConstruct,
  transportEncryption,
  tuningParallelism,
];
