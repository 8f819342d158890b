import { finiteWeights } from './security/finite-weights';
import { staticCheck } from './security/rule';

/** No weight is NaN or infinite. */
export const weights = staticCheck(
  { id: 'weights', title: 'No weight is NaN or infinite', after: ['tensors', 'external-data'] },
  [finiteWeights],
  () => 'all are finite',
);
