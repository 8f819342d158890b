import type { Accelerator } from '../pipeline/definition';

export interface AcceleratorSpec {
  /** The maker's name for it. */
  readonly model: string;
  readonly architecture: 'Volta' | 'Turing' | 'Ampere' | 'Ada Lovelace' | 'Hopper';
  /** CUDA compute capability: https://developer.nvidia.com/cuda-gpus */
  readonly computeCapability: string;
  /** Memory of one device as sold, in GB. */
  readonly memoryGB: number;
  /**
   * Memory of one device that a program can allocate, in GiB, rounded down: what is sold, less
   * error correction and what the driver keeps. It is the "total capacity" that CUDA programs report.
   */
  readonly memoryGiB: number;
  /** Data sheet. */
  readonly source: string;
}

/** The accelerators of a definition, by memory, smallest first. */
// prettier-ignore
export const ACCELERATORS: Readonly<Record<Exclude<Accelerator, 'cpu'>, AcceleratorSpec>> = {
  't4':        { model: 'NVIDIA T4',                architecture: 'Turing',       computeCapability: '7.5', memoryGB: 16,  memoryGiB: 14,  source: 'https://www.nvidia.com/en-us/data-center/tesla-t4/' },
  'v100':      { model: 'NVIDIA V100 SXM2 16 GB',   architecture: 'Volta',        computeCapability: '7.0', memoryGB: 16,  memoryGiB: 15,  source: 'https://www.nvidia.com/en-us/data-center/v100/' },
  'a10g':      { model: 'NVIDIA A10G',              architecture: 'Ampere',       computeCapability: '8.6', memoryGB: 24,  memoryGiB: 21,  source: 'https://aws.amazon.com/ec2/instance-types/g5/' },
  'l4':        { model: 'NVIDIA L4',                architecture: 'Ada Lovelace', computeCapability: '8.9', memoryGB: 24,  memoryGiB: 21,  source: 'https://www.nvidia.com/en-us/data-center/l4/' },
  'a100':      { model: 'NVIDIA A100 40 GB',        architecture: 'Ampere',       computeCapability: '8.0', memoryGB: 40,  memoryGiB: 39,  source: 'https://www.nvidia.com/en-us/data-center/a100/' },
  'l40s':      { model: 'NVIDIA L40S',              architecture: 'Ada Lovelace', computeCapability: '8.9', memoryGB: 48,  memoryGiB: 44,  source: 'https://www.nvidia.com/en-us/data-center/l40s/' },
  'a100-80gb': { model: 'NVIDIA A100 80 GB',        architecture: 'Ampere',       computeCapability: '8.0', memoryGB: 80,  memoryGiB: 79,  source: 'https://www.nvidia.com/en-us/data-center/a100/' },
  'h100':      { model: 'NVIDIA H100 SXM 80 GB',    architecture: 'Hopper',       computeCapability: '9.0', memoryGB: 80,  memoryGiB: 79,  source: 'https://www.nvidia.com/en-us/data-center/h100/' },
  'h200':      { model: 'NVIDIA H200 SXM 141 GB',   architecture: 'Hopper',       computeCapability: '9.0', memoryGB: 141, memoryGiB: 139, source: 'https://www.nvidia.com/en-us/data-center/h200/' },
};
