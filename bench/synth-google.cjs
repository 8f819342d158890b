// One synthesis in this process, as a built app does it: the whole time and memory, modules included.
// Started by synth-google.ts with what to do as JSON.
const { readFileSync } = require('node:fs');
const { join } = require('node:path');

const run = JSON.parse(process.argv[2]);
const { App, TerraformResource, TerraformStack } = require('cdktf');
const { GoogleProvider } = require('@cdktf/provider-google/lib/provider');

const app = new App({ outdir: run.directory });
const add = run.kind === 'raw' ? addResources : addPipelines();
for (let index = 0; index < run.count; index++) {
  const stack = new TerraformStack(app, `Pipeline${index}`);
  new GoogleProvider(stack, 'Google', { project: run.project.id, region: run.project.region });
  add(stack, index);
}
app.synth();

const { user, system } = process.cpuUsage();
console.log(
  JSON.stringify({
    // Since the process was started.
    milliseconds: performance.now(),
    cpuMilliseconds: (user + system) / 1000,
    peakMiB: process.resourceUsage().maxRSS / 1024,
  }),
);

function addPipelines() {
  const { definePipeline } = require('../dist/lib/index.js');
  const { ContainerRegistry, ModelPipeline, ModelPipelineRules } = require('../dist/lib/google/index.js');
  return (stack, index) => {
    const definition = definePipeline({ ...run.definition, name: `${run.definition.name}-${index}` });
    if (run.kind === 'rules') ModelPipelineRules.of(stack);
    const serverImage = new ContainerRegistry(stack, 'Images', { project: run.project }).image(
      'serving',
      '0.1.0',
    );
    new ModelPipeline(stack, 'Pipeline', { definition, project: run.project, serverImage });
  };
}

/** What `ours` has left, written as resources of no class. */
function addResources(stack, index) {
  const file = join(run.templates, 'stacks', `Pipeline${index}`, 'cdk.tf.json');
  const { resource } = JSON.parse(readFileSync(file, 'utf8'));
  for (const [type, byName] of Object.entries(resource)) {
    for (const [name, properties] of Object.entries(byName)) {
      const made = new TerraformResource(stack, `${type}-${name}`, {
        terraformResourceType: type,
        terraformGeneratorMetadata: { providerName: 'google' },
      });
      made.overrideLogicalId(name);
      for (const [key, value] of Object.entries(properties)) {
        if (key !== '//') made.addOverride(key, value);
      }
    }
  }
}
