import { allocation } from './security/allocation';
import { endlessLoops } from './security/endless-loops';
import { staticCheck } from './security/rule';

/** Running it takes neither endless time nor endless memory, as far as its constants tell. */
export const resources = staticCheck(
  {
    id: 'resources',
    title: 'Its constants ask for no endless loop and no huge value',
    after: ['graph', 'tensors'],
  },
  [allocation, endlessLoops],
  () => 'none found',
);
