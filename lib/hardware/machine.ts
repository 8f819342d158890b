import type { Accelerator } from '../pipeline/definition';

export type Cloud = 'aws' | 'google';

/** What a machine is rented for. Each service of a cloud offers its own choice of machines. */
export type MachineUse = 'training' | 'processing' | 'endpoint';

interface MachineBase {
  /** Unique in the catalogue. */
  readonly name: string;
  readonly uses: readonly MachineUse[];
  readonly accelerator: Accelerator;
  /** Accelerators on the machine; 0 where `accelerator` is `"cpu"`. */
  readonly accelerators: number;
  readonly vcpus: number;
  /** Main memory. */
  readonly memoryGiB: number;
}

/** A machine of SageMaker. `name` is the instance type: `ml.g4dn.xlarge`. */
export interface AwsMachine extends MachineBase {
  readonly cloud: 'aws';
  /**
   * NVMe instance store, which the machine encrypts with a key of its own. SageMaker refuses a
   * `KmsKeyId` on the EndpointConfig and a `VolumeKmsKeyId` on the job of such a machine:
   * https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateEndpointConfig.html
   */
  readonly localNvme: boolean;
  /** Elastic Fabric Adapter, for traffic between training machines. */
  readonly efa: boolean;
}

/** A machine of Vertex AI. `name` is the machine type, with what is attached to it: `n1-standard-4+t4`, `g2-standard-4`. */
export interface GoogleMachine extends MachineBase {
  readonly cloud: 'google';
  /** `machineSpec.machineType`. */
  readonly machineType: string;
  /** `machineSpec.acceleratorType`; absent on a CPU machine. */
  readonly acceleratorType?: string;
}

export type Machine = AwsMachine | GoogleMachine;
export type MachineOf<C extends Cloud> = Extract<Machine, { readonly cloud: C }>;
