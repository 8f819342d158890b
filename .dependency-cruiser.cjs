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
      '^lib/(artifact|program|hardware|serving|local|aws|google|cli)/',
    ),
    only(
      'artifact-knows-no-target',
      'a model file is the same everywhere',
      '^lib/(artifact|program|hardware|job-code|rehearsal|names|issue)',
      '^lib/(serving|local|aws|google|cli)/',
    ),
    only(
      'serving-knows-no-target',
      'the server is the same everywhere',
      '^lib/serving',
      '^lib/(local|aws|google|cli)/',
    ),
    only(
      'local-knows-no-cloud',
      'a run on this machine needs no cloud',
      '^lib/local',
      '^lib/(aws|google|cli)/',
    ),
    only('aws-is-alone', 'a target stands alone', '^lib/aws', '^lib/(local|google|cli)/'),
    only('google-is-alone', 'a target stands alone', '^lib/google', '^lib/(local|aws|cli)/'),
    only(
      'support-is-data',
      'what targets support is told without their packages',
      '^lib/(aws|google|local)/support',
      '^(node_modules|lib/(?!pipeline/))',
    ),
    only(
      'root-knows-no-cloud',
      'importing the root loads no cloud',
      '^lib/index',
      '^lib/(aws|google|local|serving|cli)/',
    ),
    only(
      'aws-in-its-room',
      'aws-cdk-lib is needed by the AWS target only',
      '^lib/(?!aws/)',
      '^node_modules/(aws-cdk-lib|@aws-sdk)',
    ),
    only(
      'google-in-its-room',
      'cdktf is needed by the Google Cloud target only',
      '^lib/(?!google/)',
      '^node_modules/(cdktf|@cdktf|@google-cloud)',
    ),
    only(
      'constructs-for-clouds',
      'what knows no cloud makes no constructs',
      '^lib/(?!aws/|google/)',
      '^node_modules/constructs',
    ),
    only(
      'google-provider-by-resource',
      'the root of the provider takes seconds and half a gigabyte to load',
      '.*',
      '^node_modules/@cdktf/provider-google/lib/index',
    ),
    only('library-does-not-import-apps', 'apps use the library', '^lib', '^(bin|examples|test|scripts)/'),
  ],
  options: {
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
  },
};
