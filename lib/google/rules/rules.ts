import { accountDefault } from './account-default';
import { accountShared } from './account-shared';
import { awsConstruct } from './aws-construct';
import { basicRole } from './basic-role';
import { cloudRunGpuCount } from './cloud-run-gpu-count';
import { cloudRunGpuLimits } from './cloud-run-gpu-limits';
import { cloudRunGpuQuota } from './cloud-run-gpu-quota';
import { cloudRunGpuRegion } from './cloud-run-gpu-region';
import { dataSource } from './data-source';
import { deletionProtection } from './deletion-protection';
import { encryption } from './encryption';
import { endpointCapture } from './endpoint-capture';
import { endpointErrorAlarm } from './endpoint-error-alarm';
import { endpointName } from './endpoint-name';
import { exclusivePolicy } from './exclusive-policy';
import { machineAccelerator } from './machine-accelerator';
import { machineKnown } from './machine-known';
import { machineUse } from './machine-use';
import { publicAccess } from './public-access';
import { publicIngress } from './public-ingress';
import { scalingToZero } from './scaling-to-zero';
import { spotCheckpoints } from './spot-checkpoints';
import { tuningParallelism } from './tuning-parallelism';
import { workflowLimits } from './workflow-limits';
import type { Rule } from './rule';

/** Every rule, in the order of its id. */
export const RULES: readonly Rule[] = [
  accountDefault,
  accountShared,
  awsConstruct,
  basicRole,
  cloudRunGpuCount,
  cloudRunGpuLimits,
  cloudRunGpuQuota,
  cloudRunGpuRegion,
  dataSource,
  deletionProtection,
  encryption,
  endpointCapture,
  endpointErrorAlarm,
  endpointName,
  exclusivePolicy,
  machineAccelerator,
  machineKnown,
  machineUse,
  publicAccess,
  publicIngress,
  scalingToZero,
  spotCheckpoints,
  tuningParallelism,
  workflowLimits,
];
