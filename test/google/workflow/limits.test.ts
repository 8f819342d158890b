import { escapeTemplates } from '../../../lib/google/escape-templates';
import { checkSource } from '../../../lib/google/workflow/limits';
import type { Steps, WorkflowSource } from '../../../lib/google/workflow/source';
import { workflowOf } from './pipeline';

const main = (steps: Steps): WorkflowSource => ({ main: { steps } });

const long = `\${${'a + '.repeat(100)}a}`;

test.each<readonly [what: string, source: WorkflowSource, code: string, path: string, message: string]>([
  [
    'a source that is too long',
    main([{ step: { assign: [{ text: 'x'.repeat(140_000) }] } }]),
    'workflow-source-size',
    'w',
    'has 140054 bytes; Workflows takes 131072',
  ],
  [
    'an expression that is too long',
    main([{ step: { switch: [{ condition: long, next: 'end' }] } }]),
    'workflow-expression-length',
    'w.main.step',
    `has an expression of 401 characters; Workflows takes 400: ${long.slice(2, 62)}…`,
  ],
  [
    'too many assignments',
    main([{ step: { assign: Array.from({ length: 51 }, (_, index) => ({ [`v${index}`]: 1 })) } }]),
    'workflow-assignments',
    'w.main.step',
    'has 51 assignments; Workflows takes 50',
  ],
  [
    'too many conditions',
    main([{ step: { switch: Array.from({ length: 51 }, () => ({ condition: true, next: 'end' })) } }]),
    'workflow-conditions',
    'w.main.step',
    'has 51 conditions; Workflows takes 50',
  ],
  [
    'a name with a dash',
    main([{ outer: { try: { steps: [{ 'in-ner': { assign: [{ a: 1 }] } }] } } }]),
    'workflow-name',
    'w.main.outer.in-ner',
    'has the name "in-ner"',
  ],
  [
    'a variable that is none',
    main([{ step: { assign: [{ 'a-b': 1 }] } }]),
    'workflow-name',
    'w.main.step',
    'has the name "a-b"',
  ],
  [
    'two steps of one name',
    main([{ step: { assign: [{ a: 1 }] } }, { other: { steps: [{ step: { assign: [{ a: 1 }] } }] } }]),
    'workflow-step-name',
    'w.main.other.step',
    'is the name of two steps',
  ],
  [
    'a jump to nowhere',
    main([{ step: { assign: [{ a: 1 }], next: 'nowhere' } }]),
    'workflow-jump',
    'w.main',
    'jumps to "nowhere", which is no step of it',
  ],
  [
    'a call of nothing',
    main([{ step: { for: { value: 'v', in: [1], steps: [{ inner: { call: 'nothing' } }] } } }]),
    'workflow-call',
    'w.main.step.inner',
    'calls "nothing", which the source has not',
  ],
])('%s is refused', (_, source, code, path, message) => {
  const issues = checkSource(source, 'w');
  expect(issues.map((found) => [found.code, found.path, found.message])).toEqual([[code, path, message]]);
  expect(issues[0]?.fix).not.toBe('');
});

test('the source of the example takes less than half of what Workflows takes', () => {
  expect(Buffer.byteLength(JSON.stringify(workflowOf().source))).toBeLessThan(64 * 1024);
});

test('templates of Terraform are escaped', () => {
  expect(escapeTemplates('${a} %{b} $$ {c}')).toBe('$${a} %%{b} $$ {c}');
});
