"""What `train` calls to run as one process or as many, without knowing which:

    model = distributed.prepare(Classifier())      # then make the optimizer of its parameters
    for batch in distributed.share(batches): ...
    loss = distributed.mean(loss)
    save_file(distributed.weights(model), model_dir / "model.safetensors")

Every process calls each of these as often as the others, in the same order. What the process of rank 0
writes into `model_dir` and returns is kept; the others write into directories that are thrown away.
`checkpoint_dir` is one directory for all processes of a machine: rank 0 alone writes what others read.
"""

import os
from collections.abc import Sequence
from typing import TypeVar

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.distributed.checkpoint.state_dict import StateDictOptions, get_model_state_dict
from torch.distributed.fsdp import fully_shard
from torch.nn.parallel import DistributedDataParallel

from model_pipeline.contract import ProgramError

T = TypeVar("T")

_strategy = "data-parallel"


def rank() -> int:
    """Place of this process among all, 0 to `world_size() - 1`."""
    return dist.get_rank() if dist.is_initialized() else 0


def world_size() -> int:
    """Processes in all; 1 without distribution."""
    return dist.get_world_size() if dist.is_initialized() else 1


def device() -> torch.device:
    """The GPU of this process, or the CPU."""
    return torch.device("cuda", _local_rank()) if torch.cuda.is_available() else torch.device("cpu")


def prepare(module: nn.Module) -> nn.Module:
    """The module on this process's device, as the definition distributes it; call it, not its methods.

    `data-parallel`: a copy per process, gradients averaged. `model-parallel`: the processes share the
    parameters of every layer of its lists and sequences, and of what remains. All start from the weights
    of rank 0.
    """
    module = module.to(device())
    if not dist.is_initialized():
        return module
    if _strategy == "data-parallel":
        return DistributedDataParallel(module)
    for tensor in module.state_dict().values():
        dist.broadcast(tensor, src=0)
    for part in module.modules():
        if isinstance(part, nn.ModuleList | nn.Sequential):
            for layer in part:
                if any(True for _ in layer.parameters()):
                    fully_shard(layer)
    fully_shard(module)
    return module


def share(items: Sequence[T]) -> list[T]:
    """This process's items; as many for each process: the first ones come twice where they do not divide."""
    size = world_size()
    if not items:
        return []
    each = -(-len(items) // size)
    return [items[(rank() + turn * size) % len(items)] for turn in range(each)]


def mean(value: float) -> float:
    """The mean of the processes' values."""
    total = torch.tensor(value, dtype=torch.float32, device=device())
    if dist.is_initialized():
        dist.all_reduce(total)
    return float(total) / world_size()


def weights(module: nn.Module) -> dict[str, Tensor]:
    """All weights by the names they have in the module itself, on the CPU; empty in processes but rank 0."""
    options = StateDictOptions(full_state_dict=True, cpu_offload=True)
    state = get_model_state_dict(module, options=options)
    tensors = {name: value for name, value in state.items() if isinstance(value, Tensor)}
    return {name: tensor.cpu().contiguous() for name, tensor in tensors.items()} if rank() == 0 else {}


def join(strategy: str) -> None:
    """Joins the processes that torchrun has started; for the programs."""
    global _strategy  # noqa: PLW0603
    if strategy not in ("data-parallel", "model-parallel"):
        raise ProgramError(f"distribution {strategy!r} is neither data-parallel nor model-parallel")
    _strategy = strategy
    if torch.cuda.is_available():
        torch.cuda.set_device(_local_rank())
    dist.init_process_group("nccl" if torch.cuda.is_available() else "gloo")


def leave() -> None:
    """Waits for all processes, then leaves them; for the programs."""
    dist.barrier()
    dist.destroy_process_group()


def _local_rank() -> int:
    return int(os.environ.get("LOCAL_RANK", "0"))
