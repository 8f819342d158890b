/** Loads the model it is given, and runs it when it gets SIGINT. A process of its own, for tests. */
import { ModelProcess } from '../../lib/artifact';

async function main(): Promise<void> {
  const model = await ModelProcess.start(process.argv[2] ?? '', { runTimeoutMs: 60_000 });
  process.once('SIGINT', () => {
    console.log('running');
    void model.run({ x: { dtype: 'float32', shape: [1, 2], data: Float32Array.of(1, 2) } }).then(() => {
      console.log('answered');
      process.exit();
    });
  });
  console.log('ready');
}

void main();
