import { passed, type Check } from './check';

/** The runtime loads the model in its time. */
export const load: Check = {
  id: 'load',
  title: 'The serving runtime loads it',
  after: ['model', 'external-data'],
  run: async (subject) => {
    const process = await subject.process();
    const names = [...Object.keys(process.inputs), '→', ...Object.keys(process.outputs)];
    return passed(names.join(' '));
  },
};
