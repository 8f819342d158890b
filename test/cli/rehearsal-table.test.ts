import { RehearsalTable } from '../../lib/cli/rehearsal-table';

const table = new RehearsalTable([{ name: 'success', live: 'new' }, { name: 'concurrent release' }]);

test('columns keep their places, whatever stands in them', () => {
  const gate = { name: 'gate failure', live: 'before' } as const;
  const lines = [
    table.header,
    table.row({ scenario: { name: 'success', live: 'new' }, steps: ['a', 'b', 'c', 'd'], problems: [] }),
    table.row({ scenario: gate, steps: ['gate'], failure: { name: 'GateRejected' }, problems: [] }),
    table.row({ scenario: { name: 'drift' }, steps: [], problems: [] }),
  ];
  expect(lines).toEqual([
    '      scenario            run                      live at the end  last steps\n',
    'ok    success             succeeded                new version      … → b → c → d\n',
    'ok    gate failure        failed: GateRejected     version before   gate\n',
    'ok    drift               succeeded                                 \n',
  ]);
});

test('where it did not go as expected, the problems stand below and nothing is said to be live', () => {
  const scenario = { name: 'success', live: 'new' } as const;
  expect(table.row({ scenario, steps: ['train'], problems: ['outcome: "failed"'] })).toBe(
    [
      'FAIL  success             succeeded                                 train',
      '      outcome: "failed"',
      '',
    ].join('\n'),
  );
});
