import { execute, type RunOptions } from '../../../lib/google/rehearsal/interpreter';
import type { Steps, Subworkflow, WorkflowSource } from '../../../lib/google/workflow/source';
import { WorkflowError } from '../../../lib/google/rehearsal/workflow-error';

const SILENT: RunOptions = { call: () => null };

const main = (steps: Steps, others: WorkflowSource = {}): WorkflowSource => ({
  main: { params: ['args'], steps },
  ...others,
});

const result = async (expression: string, argument: unknown = {}) =>
  (await execute(main([{ answer: { return: expression } }]), { ...SILENT, argument })).result;

test.each<readonly [string, unknown]>([
  ['${1 + 2 * 3}', 7],
  ['${(1 + 2) * 3 - 7 // 2}', 6],
  ['${"a" + "b" == "ab" and not false}', true],
  ['${args.list[len(args.list) - 1]}', 3],
  ['${args["map"].key}', 'value'],
  ['${"key" in args.map and 2 in args.list}', true],
  ['${default(map.get(args, ["map", "other"]), "none")}', 'none'],
  ['${text.split("a,b", ",")[1]}', 'b'],
  ['${if(1 < 2, "less", "more")}', 'less'],
  ['${json.decode("{\\"f1\\": 0.5}").f1 >= 0.5}', true],
  ['no expression', 'no expression'],
])('%s is %p', async (expression, expected) => {
  await expect(result(expression, { list: [1, 2, 3], map: { key: 'value' } })).resolves.toEqual(expected);
});

test.each<readonly [string, string, string]>([
  ['${args.absent}', 'KeyError', 'key not found: absent'],
  ['${args.list[9]}', 'IndexError', 'index 9 of a list of 0'],
  ['${args.list.key}', 'TypeError', 'an index needs a number, got "key"'],
  ['${1 / 0}', 'ZeroDivisionError', 'division by zero'],
  ['${absent}', 'KeyError', 'variable not found: absent'],
])('%s raises %s', async (expression, tag, message) => {
  const { error } = await execute(main([{ answer: { return: expression } }]), {
    ...SILENT,
    argument: { list: [] },
  });
  expect(error).toEqual({ message, tags: [tag] });
});

test('what is no expression is an error of the definition, not of the run', async () => {
  await expect(result('${1 +}')).rejects.toThrow('unexpected the end in 1 +');
  await expect(result('${nothing.of.the(1)}')).rejects.toThrow('the standard library has no nothing.of.the');
});

test('steps run in order, switch and next jump, return ends', async () => {
  const { path, result: value } = await execute(
    main([
      { start: { assign: [{ count: 0 }, { seen: {} }] } },
      { raise_count: { assign: [{ count: '${count + 1}' }, { 'seen[string(count)]': true }] } },
      { check: { switch: [{ condition: '${count < 3}', next: 'raise_count' }], next: 'done' } },
      { skipped: { return: 'wrong' } },
      { done: { return: '${[count, seen]}' } },
    ]),
    SILENT,
  );
  expect(value).toEqual([3, { '1': true, '2': true, '3': true }]);
  expect(path).toEqual(['start', ...Array<string[]>(3).fill(['raise_count', 'check']).flat(), 'done']);
});

test('loops know their index, break and continue; range includes both ends', async () => {
  const { result: value } = await execute(
    main([
      { start: { assign: [{ sum: 0 }] } },
      {
        loop: {
          for: {
            value: 'item',
            index: 'at',
            range: [1, 10],
            steps: [
              { odd: { switch: [{ condition: '${item % 2 == 1}', next: 'continue' }] } },
              { late: { switch: [{ condition: '${at >= 6}', next: 'break' }] } },
              { add: { assign: [{ sum: '${sum + item}' }] } },
            ],
          },
        },
      },
      { done: { return: '${sum}' } },
    ]),
    SILENT,
  );
  expect(value).toBe(2 + 4 + 6);
});

test('branches change what is shared and nothing else', async () => {
  const branch = (name: string) => ({
    [name]: { steps: [{ [`${name}_set`]: { assign: [{ kept: '${kept + 1}' }, { own: name }] } }] },
  });
  const { result: value } = await execute(
    main([
      { start: { assign: [{ kept: 0 }, { own: 'before' }] } },
      { both: { parallel: { shared: ['kept'], branches: [branch('a'), branch('b')] } } },
      { done: { return: '${[kept, own]}' } },
    ]),
    SILENT,
  );
  expect(value).toEqual([2, 'before']);
});

test('a call that fails for the moment is tried again, and what remains is caught', async () => {
  const calls: string[] = [];
  const retry = {
    predicate: '${http.default_retry_predicate}',
    max_retries: 2,
    backoff: { initial_delay: 1, max_delay: 8, multiplier: 2 },
  };
  const { result: value } = await execute(
    main([
      {
        ask: {
          try: { call: 'http.get', args: { url: '${"https://" + args.host}' }, result: 'answer' },
          retry,
          except: { as: 'e', steps: [{ caught: { return: '${e.code}' } }] },
        },
      },
    ]),
    {
      argument: { host: 'example.com' },
      call: (name, args) => {
        calls.push(`${name} ${String(args.url)}`);
        throw WorkflowError.http(503, 'busy');
      },
    },
  );
  expect(value).toBe(503);
  expect(calls).toEqual(Array<string>(3).fill('http.get https://example.com'));
});

test('a predicate of its own decides on trying again', async () => {
  let calls = 0;
  const { error } = await execute(
    main(
      [
        {
          ask: {
            try: { call: 'job.run' },
            retry: {
              predicate: '${machine_lost}',
              max_retries: 5,
              backoff: { initial_delay: 1, max_delay: 1, multiplier: 1 },
            },
          },
        },
      ],
      { machine_lost: { params: ['e'], steps: [{ say: { return: '${e.message == "preempted"}' } }] } },
    ),
    {
      call: () => {
        calls += 1;
        throw new WorkflowError({ message: calls === 1 ? 'preempted' : 'out of memory' });
      },
    },
  );
  expect(calls).toBe(2);
  expect(error).toEqual({ message: 'out of memory' });
});

test('subworkflows take arguments by name, defaults included, and what they raise goes up', async () => {
  const add: Subworkflow = {
    params: ['a', { b: 10 }],
    steps: [
      { check: { switch: [{ condition: '${a < 0}', raise: 'negative' }] } },
      { sum: { return: '${a + b}' } },
    ],
  };
  const call = (a: number) =>
    execute(
      main([{ ask: { call: 'add', args: { a }, result: 'sum' } }, { done: { return: '${sum}' } }], { add }),
      SILENT,
    );

  await expect(call(1)).resolves.toMatchObject({ result: 11, path: ['ask', 'check', 'sum', 'done'] });
  await expect(call(-1)).resolves.toMatchObject({ error: 'negative' });
});

test('variables of more than 512 KB end the run', async () => {
  const { error } = await execute(main([{ big: { assign: [{ text: 'x'.repeat(600 * 1024) }] } }]), SILENT);
  expect(error).toEqual({ message: 'variables take more than 524288 bytes', tags: ['ResourceLimitError'] });
});
