import { resolve } from 'node:path';
import { findPython } from '../../lib/cli/find-python';

test.each([
  ['.venv/bin/python', resolve('.venv/bin/python')],
  ['/usr/bin/python3', '/usr/bin/python3'],
  ['python3.12', 'python3.12'],
])('%s is %s wherever a program starts', (asked, expected) => {
  expect(findPython(asked)).toBe(expected);
});

test('without one it is that of the virtual environment', () => {
  expect(findPython()).toBe(resolve('.venv/bin/python'));
});
