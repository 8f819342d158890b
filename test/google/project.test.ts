import { Token } from 'cdktf';
import { checkProject, serviceAgent } from '../../lib/google/project';
import { project } from './job-stack';

test('a project of literals is taken', () => {
  expect(checkProject(project)).toEqual([]);
});

test('what is none, or known at deployment only, is reported part by part', () => {
  const wrong = { id: 'My-Project', number: '0123', region: Token.asString({ resolve: () => 'later' }) };
  expect(checkProject(wrong, 'of')).toEqual([
    {
      code: 'project-invalid',
      path: 'of.id',
      message: 'is "My-Project"',
      fix: 'Give a literal like "my-project-123456".',
    },
    {
      code: 'project-invalid',
      path: 'of.number',
      message: 'is "0123"',
      fix: 'Give a literal like "123456789012".',
    },
    {
      code: 'project-invalid',
      path: 'of.region',
      message: 'is known at deployment only',
      fix: 'Give a literal like "europe-west4".',
    },
  ]);
});

test('services act as accounts that are named after the project’s number', () => {
  expect(serviceAgent(project, 'run')).toBe(
    'serviceAccount:service-123456789012@serverless-robot-prod.iam.gserviceaccount.com',
  );
});
