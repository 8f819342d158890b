import { blocksOf, objectOf, textsOf } from './properties';
import { COMPLIANT, nonCompliant, NOT_APPLICABLE, type Rule } from './rule';

export const spotCheckpoints: Rule = {
  id: 'spot-checkpoints',
  level: 'error',
  cause:
    'A Spot machine that is taken away takes the training with it; with checkpoints it goes on from the last one.',
  fix: 'Tell the program where to keep its state: `checkpoints` of TrainingJob.',
  check({ properties, type }) {
    const jobSpec = objectOf(properties.jobSpec);
    if (type !== 'CustomJob' || objectOf(jobSpec.scheduling).strategy !== 'SPOT') return NOT_APPLICABLE;
    const args = blocksOf(jobSpec.workerPoolSpecs).map(({ containerSpec }) =>
      textsOf(objectOf(containerSpec).args),
    );
    return args.every((list) => list.includes('--checkpoints'))
      ? COMPLIANT
      : nonCompliant('runs on Spot machines and keeps no checkpoints');
  },
};
