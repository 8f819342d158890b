import { objectOf } from './flatten';
import { COMPLIANT, nonCompliant, NOT_APPLICABLE, type Rule } from './rule';
import { jobOf } from './sagemaker';

export const spotCheckpoints: Rule = {
  id: 'spot-checkpoints',
  level: 'error',
  cause:
    'A spot machine that is taken away takes the training with it; with checkpoints it goes on from the last one.',
  fix: 'Set CheckpointConfig.S3Uri, and have the program resume from it.',
  check(subject) {
    const training = jobOf(subject)?.properties;
    if (training?.EnableManagedSpotTraining !== true) return NOT_APPLICABLE;
    return objectOf(training.CheckpointConfig).S3Uri === undefined
      ? nonCompliant('trains on spot machines without checkpoints')
      : COMPLIANT;
  },
};
