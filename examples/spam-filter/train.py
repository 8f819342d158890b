"""The spam filter: Embedding 10,000 by 64, LSTM 128, Dense 1 with sigmoid."""

import math
import random
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy, binary_cross_entropy_with_logits

from model_pipeline.contract import progress
from model_pipeline.data import read_split
from model_pipeline.preprocessing import Preprocessing

PAD = 0
WEIGHTS = "model.safetensors"

# Averaging the weights over about 100 steps makes an epoch's result stable, so that few epochs do.
AVERAGE_DECAY = 0.99
# Training ends when this many epochs in a row did not lower the validation loss.
PATIENCE = 2
# Batches are cut from this many batches of mails sorted by length: little padding, random enough.
BATCHES_SORTED_TOGETHER = 32


class SpamFilter(nn.Module):
    """Token ids [batch, length], padded on the right, to the probability of spam [batch, 1]."""

    def __init__(self) -> None:
        super().__init__()
        self.embedding = nn.Embedding(10_000, 64, padding_idx=PAD)
        nn.init.uniform_(self.embedding.weight, -0.05, 0.05)  # as Keras does; torch's own is 20 times wider
        self.lstm = nn.LSTM(64, 128, batch_first=True)
        self.dense = nn.Linear(128, 1)
        self.dropout = nn.Dropout(0.5)

    def logits(self, tokens: Tensor) -> Tensor:
        """The logit of spam after each token, [batch, length]."""
        states, _ = self.lstm(self.dropout(self.embedding(tokens)))
        return self.dense(self.dropout(states)).squeeze(-1)

    def forward(self, tokens: Tensor) -> Tensor:
        return torch.sigmoid(self.logits(tokens).gather(1, last_token(tokens)))


def last_token(tokens: Tensor) -> Tensor:
    """Position of the last token that is no padding, [batch, 1]."""
    return (tokens != PAD).sum(dim=1, keepdim=True).clamp(min=1) - 1


def train(data_dir: Path, model_dir: Path, hyperparameters: dict[str, Any]) -> dict[str, float]:
    """`hyperparameters`: `epochs` (at most), `batchSize`, `learningRate`."""
    random.seed(0)
    torch.manual_seed(0)
    torch.use_deterministic_algorithms(True)
    torch.set_num_threads(1)  # the steps of an LSTM are too small to share
    epochs, batch_size = hyperparameters["epochs"], hyperparameters["batchSize"]
    tokens, labels = read_tensors(data_dir, "train")
    held_out = read_tensors(data_dir, "validation")

    model = SpamFilter()
    average = deepcopy(model)
    optimizer = torch.optim.Adam(model.parameters(), lr=hyperparameters["learningRate"])
    best_loss, best_epoch, steps = float("inf"), 0, 0
    for epoch in range(1, epochs + 1):
        losses = []
        for batch in batches(tokens, batch_size):
            losses.append(step(model, optimizer, tokens[batch], labels[batch]))
            steps += 1
            update_average(average, model, steps)
        loss, accuracy = validate(average, *held_out)
        if not math.isfinite(loss):
            raise ValueError(f"the loss became {loss} in epoch {epoch}: lower the learning rate")
        progress(
            f"epoch {epoch}/{epochs}  loss {sum(losses) / len(losses):.4f}  "
            f"validation loss {loss:.4f}, accuracy {accuracy:.4f}",
            fraction=epoch / epochs,
        )
        if loss < best_loss:
            best_loss, best_epoch = loss, epoch
            save_file(average.state_dict(), model_dir / WEIGHTS)
        elif epoch - best_epoch >= PATIENCE:
            break
    return {"validation_loss": best_loss, "best_epoch": best_epoch}


def load(model_dir: Path) -> nn.Module:
    """The trained model, for export."""
    model = SpamFilter()
    model.load_state_dict(load_file(model_dir / WEIGHTS))
    return model


def read_tensors(data_dir: Path, split: str) -> tuple[Tensor, Tensor]:
    """Token ids [mails, length] and labels [mails, 1]."""
    samples = read_split(data_dir, split)
    encoded = Preprocessing.load(data_dir / "preprocessing").encode([sample.input for sample in samples])
    return torch.from_numpy(encoded["tokens"]), torch.tensor([[float(sample.label)] for sample in samples])


def batches(tokens: Tensor, size: int) -> Iterator[Tensor]:
    """Indices of one epoch's batches, in random order."""
    lengths = last_token(tokens).squeeze(1)
    cut = [
        batch
        for chunk in torch.randperm(len(tokens)).split(size * BATCHES_SORTED_TOGETHER)
        for batch in chunk[lengths[chunk].argsort(stable=True)].split(size)
    ]
    random.shuffle(cut)
    yield from cut


def step(model: SpamFilter, optimizer: torch.optim.Optimizer, tokens: Tensor, labels: Tensor) -> float:
    """One step on the loss at the last token and, to help the gradient on its way, at every token."""
    model.train()
    last = last_token(tokens)
    tokens = tokens[:, : int(last.max()) + 1]
    logits = model.logits(tokens)
    losses = binary_cross_entropy_with_logits(logits, labels.expand_as(logits), reduction="none")
    mask = (tokens != PAD).float()
    everywhere = (losses * mask).sum(dim=1) / mask.sum(dim=1).clamp(min=1)
    at_last = losses.gather(1, last)
    loss = (everywhere.mean() + at_last.mean()) / 2
    optimizer.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    return at_last.mean().item()


@torch.no_grad()
def update_average(average: nn.Module, model: nn.Module, steps: int) -> None:
    decay = min(AVERAGE_DECAY, steps / (steps + 10))  # the first steps are soon forgotten
    for mean, value in zip(average.parameters(), model.parameters(), strict=True):
        mean.lerp_(value, 1 - decay)


@torch.no_grad()
def validate(model: SpamFilter, tokens: Tensor, labels: Tensor) -> tuple[float, float]:
    """Loss and accuracy on held-out mails."""
    model.eval()
    probabilities = torch.cat([model(part) for part in tokens.split(256)])
    loss = binary_cross_entropy(probabilities, labels).item()
    return loss, (probabilities.round() == labels).float().mean().item()
