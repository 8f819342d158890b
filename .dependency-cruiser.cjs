/** Imports flow one way: pipeline → artifact → program → targets → command line. */
const only = (name, comment, from, to) => ({
  name,
  comment,
  severity: 'error',
  from: { path: from },
  to: { path: to },
});

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    only(
      'pipeline-is-the-base',
      'the definition knows nothing of what carries it out',
      '^lib/pipeline',
      '^lib/(artifact|program|hardware|serving|local|aws|cli)/',
    ),
    only(
      'artifact-knows-no-target',
      'a model file is the same everywhere',
      '^lib/(artifact|program|hardware)/',
      '^lib/(serving|local|aws|cli)/',
    ),
    only(
      'serving-knows-no-target',
      'the server is the same everywhere',
      '^lib/serving',
      '^lib/(local|aws|cli)/',
    ),
    only('local-knows-no-cloud', 'a run on this machine needs no cloud', '^lib/local', '^lib/(aws|cli)/'),
    only('aws-is-alone', 'a target stands alone', '^lib/aws', '^lib/(local|cli)/'),
    only(
      'root-knows-no-cloud',
      'importing the root loads no cloud',
      '^lib/index',
      '^lib/(aws|local|serving|cli)/',
    ),
    only(
      'clouds-in-their-room',
      'aws-cdk-lib is needed by the AWS target only',
      '^lib/(?!aws/)',
      '^node_modules/(aws-cdk-lib|constructs|@aws-sdk)',
    ),
    only('library-does-not-import-apps', 'apps use the library', '^lib', '^(bin|examples|test|scripts)/'),
  ],
  options: {
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
  },
};
