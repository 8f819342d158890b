/** What CloudFormation sends for a custom resource. */
export interface CustomResourceEvent<Properties> {
  readonly RequestType: 'Create' | 'Update' | 'Delete';
  /** Signed: whoever has it may answer. */
  readonly ResponseURL: string;
  readonly StackId: string;
  readonly RequestId: string;
  readonly LogicalResourceId: string;
  /** Absent at `Create`. */
  readonly PhysicalResourceId?: string;
  readonly ResourceProperties: Properties;
}

/** CloudFormation takes answers of up to 4096 bytes. */
const REASON_LENGTH = 1000;

/**
 * Does the work and tells CloudFormation how it went, as it would wait for its time to run out otherwise.
 *
 * @param physicalResourceId the resource's id once the work is done; another than before replaces it
 * @throws Error when CloudFormation did not take the answer
 */
export async function respond(
  event: CustomResourceEvent<unknown>,
  physicalResourceId: string,
  work: () => Promise<void>,
): Promise<void> {
  const reason = await work().then(() => undefined, problemOf);
  const { LogicalResourceId, RequestId, RequestType, StackId } = event;
  const stays = RequestType === 'Delete' || (RequestType === 'Update' && reason !== undefined);
  const answer = {
    Status: reason === undefined ? 'SUCCESS' : 'FAILED',
    Reason: reason,
    PhysicalResourceId: stays ? event.PhysicalResourceId : physicalResourceId,
    LogicalResourceId,
    RequestId,
    StackId,
  };
  const response = await fetch(event.ResponseURL, {
    method: 'PUT',
    // The signature is over an empty type.
    headers: { 'content-type': '' },
    body: Buffer.from(JSON.stringify(answer)),
  });
  if (!response.ok) throw new Error(`CloudFormation answered with status ${response.status}`);
}

function problemOf(error: unknown): string {
  return String(error).slice(0, REASON_LENGTH);
}
