import { GPU, gpuTemplateOf } from './cloud-run';
import { numberOf } from './properties';
import { COMPLIANT, nonCompliant, NOT_APPLICABLE, type Rule } from './rule';

export const cloudRunGpuCount: Rule = {
  id: 'cloud-run-gpu-count',
  level: 'error',
  cause: 'An instance of Cloud Run has one GPU, not more.',
  fix: 'Set the limit nvidia.com/gpu to 1; a model that needs several goes to an endpoint of Vertex AI.',
  check(subject) {
    const gpu = gpuTemplateOf(subject);
    if (gpu === undefined) return NOT_APPLICABLE;
    const count = numberOf(gpu.limits[GPU]) ?? 0;
    return count === 1 ? COMPLIANT : nonCompliant(`the limit ${GPU} is ${count}`);
  },
};
