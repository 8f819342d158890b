import { gpuTemplateOf } from './cloud-run';
import { blockOf, numberOf } from './properties';
import { COMPLIANT, nonCompliant, NOT_APPLICABLE, type Rule } from './rule';

/** https://docs.cloud.google.com/run/docs/configuring/services/gpu-zonal-redundancy */
const QUOTA = 3;

export const cloudRunGpuQuota: Rule = {
  id: 'cloud-run-gpu-quota',
  level: 'error',
  cause:
    'A project has three GPUs without zonal redundancy, and none with it; a revision that could want more is refused.',
  fix: 'Set gpu_zonal_redundancy_disabled to true and max_instance_count to 3 or less, or acknowledge that your quota is larger.',
  check(subject) {
    const gpu = gpuTemplateOf(subject);
    if (gpu === undefined) return NOT_APPLICABLE;
    if (gpu.template.gpu_zonal_redundancy_disabled !== true) return nonCompliant('asks for zonal redundancy');
    if (gpu.kind === 'job') return COMPLIANT;
    const most = numberOf(blockOf(gpu.template.scaling).max_instance_count);
    if (most === undefined) return nonCompliant('does not say how many instances there may be');
    return most <= QUOTA ? COMPLIANT : nonCompliant(`may have ${most} instances with a GPU`);
  },
};
