import { SPAM_FILTER, start } from './support';

test('a server that is told to use a GPU does not start without one, and says so', async () => {
  await expect(start(SPAM_FILTER, { executionProvider: 'cuda' })).rejects.toThrow(
    /model\.onnx: .*Cuda.* \[provider-missing\]\n {4}fix: run it where the CUDA libraries are installed/,
  );
});
