import { LIVE_KEY } from '../workflow/live-states';
import { FakeS3 } from './fake-s3';
import { FakeSageMaker } from './fake-sagemaker';

/** An account at one moment. */
export interface World {
  readonly s3: FakeS3;
  readonly sagemaker: FakeSageMaker;
}

/** An account with nothing in it. */
export function emptyWorld(): World {
  return { s3: new FakeS3(), sagemaker: new FakeSageMaker() };
}

/** The same account, to change without changing the first. */
export function copyOf({ s3, sagemaker }: World): World {
  return { s3: new FakeS3(s3), sagemaker: new FakeSageMaker(sagemaker) };
}

/** The version that is marked as live. */
export function liveVersion({ s3 }: World, bucket: string): string | undefined {
  const live = s3.get(bucket, LIVE_KEY);
  return live && (JSON.parse(live.toString()) as { version: string }).version;
}

/** The version that the endpoint serves: of `s3://store/models/<version>/…`. */
export function servedVersion({ sagemaker }: World): string | undefined {
  return sagemaker.servedData()?.split('/')[4];
}
