/**
 * Stands for Lambda's runtime: loads the handler of an unpacked function, calls it with the event it is
 * sent, and sends back `{ result }`, or `{ error: { name, message } }`.
 *
 *   fork('invoke-handler.cjs', [directory, 'index.handler'])
 */
const { join } = require('node:path');

const [directory, name] = process.argv.slice(2);
const [file, member] = name.split('.');

process.once('message', async (event) => {
  try {
    const handler = require(join(directory, file))[member];
    process.send({ result: await handler(event) });
  } catch ({ name, message }) {
    process.send({ error: { name, message } });
  } finally {
    process.disconnect();
  }
});
