import { gpuTemplateOf } from './cloud-run';
import { literalOf } from './properties';
import { COMPLIANT, nonCompliant, NOT_APPLICABLE, type Rule } from './rule';

/** https://docs.cloud.google.com/run/docs/configuring/services/gpu#supported-regions */
const REGIONS = ['asia-southeast1', 'asia-south1', 'europe-west1', 'europe-west4', 'us-central1', 'us-east4'];

export const cloudRunGpuRegion: Rule = {
  id: 'cloud-run-gpu-region',
  level: 'warning',
  cause: 'Cloud Run has GPUs in few regions.',
  fix: 'Choose one of the regions, or acknowledge that the region has been added.',
  check(subject) {
    const region = literalOf(subject.properties.location);
    if (gpuTemplateOf(subject) === undefined || region === undefined) return NOT_APPLICABLE;
    return REGIONS.includes(region) ? COMPLIANT : nonCompliant(`${region} is none of ${REGIONS.join(', ')}`);
  },
};
