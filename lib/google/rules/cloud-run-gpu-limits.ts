import { cpusOf, gibOf, gpuTemplateOf } from './cloud-run';
import { COMPLIANT, nonCompliant, NOT_APPLICABLE, type Rule } from './rule';

/** Least CPUs and memory by accelerator: https://docs.cloud.google.com/run/docs/configuring/services/gpu */
const LEAST: Readonly<Record<string, readonly [cpus: number, gib: number]>> = {
  'nvidia-l4': [4, 16],
  'nvidia-rtx-pro-6000': [20, 80],
};

export const cloudRunGpuLimits: Rule = {
  id: 'cloud-run-gpu-limits',
  level: 'error',
  cause:
    'Cloud Run refuses a GPU with fewer than four CPUs or 16 GiB, or with CPUs that idle between requests.',
  fix: 'Ask for 4 CPUs and 16Gi or more, and set cpu_idle to false.',
  check(subject) {
    const gpu = gpuTemplateOf(subject);
    const least = gpu && LEAST[gpu.accelerator];
    if (gpu === undefined || least === undefined) return NOT_APPLICABLE;
    const [cpus, gib] = least;
    const { cpu, memory } = gpu.limits;
    if ((cpusOf(cpu) ?? 1) < cpus) return nonCompliant(`has ${String(cpu)} CPUs beside the GPU, not ${cpus}`);
    if ((gibOf(memory) ?? 0) < gib)
      return nonCompliant(`has ${String(memory)} of memory beside the GPU, not ${gib}Gi`);
    return gpu.kind === 'service' && gpu.resources.cpu_idle !== false
      ? nonCompliant('its CPUs idle between requests')
      : COMPLIANT;
  },
};
