"""The training itself: a loop whose every iteration is a function of (parameters, data, iteration), so that it can be resumed bit for bit."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from .augment import generator_for
from .batches import Batches, BatchSource, batches_ahead
from .checkpoint import load_checkpoint, save_checkpoint
from .errors import Cancelled, TrainError
from .network import Network, initialize
from .parameters import Parameters
from .protocol import Protocol
from .schedule import learning_rate

_EVALUATION_BATCH = 500


@dataclass(frozen=True)
class TrainingData:
    """What the loop reads; tensors lie on the training device."""

    source: BatchSource
    train_label: Tensor  # [clip]
    validation: Tensor  # normalized, [clip, 1, band, frame]
    validation_label: Tensor  # [clip]
    classes: int
    deviation: Tensor  # of the features before normalization, [band]


@dataclass
class Curve:
    """The training curve; one row for each evaluation on the validation split."""

    rows: list[dict[str, float]] = field(default_factory=list)
    loss_sum: float = 0.0
    loss_count: int = 0


class Trainer:
    """Trains one network and keeps what a checkpoint holds."""

    def __init__(
        self, parameters: Parameters, data: TrainingData, network: Network, device: torch.device, threads: int
    ) -> None:
        self._p = parameters
        self._data = data
        self._device = device
        self._threads_for_batches = threads if device.type == "cpu" else 1
        initialize(network, generator_for(parameters.seed, "weights", 0), data.deviation)
        self.network = network.to(device).to(memory_format=torch.channels_last)
        self._optimizer = _optimizer(self.network, parameters)
        self._average = (
            {name: value.detach().clone() for name, value in self.network.state_dict().items()}
            if parameters.averaging
            else None
        )
        self.iteration = 0
        self.curve = Curve()

    def run(self, scratch: Path, key: str, protocol: Protocol, is_cancelled: Callable[[], bool]) -> None:
        """Trains to the last iteration, from the job's checkpoint if there is one.

        @throws Cancelled after writing a checkpoint; TRAIN_DIVERGED when the loss is no number
        """
        state = load_checkpoint(scratch, key)
        if state:
            self._restore(state)
            protocol.log(f"goes on from the checkpoint at iteration {self.iteration}")
        batches = Batches(self._p, self._data.source, self._data.train_label, self._data.classes)
        for features, target in batches_ahead(
            batches, self.iteration, self._p.iterations, self._threads_for_batches
        ):
            self._step(features, target)
            if self.iteration % self._p.validationEvery == 0 or self.iteration == self._p.iterations:
                self._record()
            protocol.progress(self.iteration, self._p.iterations, self._metrics())
            cancelled = is_cancelled()
            if cancelled or self.iteration % self._p.checkpointEvery == 0 or self.iteration == self._p.iterations:
                save_checkpoint(scratch, key, self._state())
            if cancelled:
                raise Cancelled()

    def weights(self) -> dict[str, Tensor]:
        """The weights to be used, on the CPU: the average where averaging is on, else the last."""
        chosen = self._average if self._average is not None else self.network.state_dict()
        return {name: value.detach().to("cpu", copy=True).contiguous() for name, value in chosen.items()}

    def _step(self, features: Tensor, target: Tensor) -> None:
        rate = learning_rate(self._p, self.iteration)
        for group in self._optimizer.param_groups:
            group["lr"] = rate
        torch.manual_seed(generator_for(self._p.seed, "dropout", self.iteration).initial_seed())
        self.network.train()
        loss = nn.functional.cross_entropy(self.network(features), target, label_smoothing=self._p.labelSmoothing)
        self._optimizer.zero_grad(set_to_none=True)
        loss.backward()
        self._optimizer.step()
        self._check_loss(loss.item())
        self._update_average()
        self.iteration += 1

    def _check_loss(self, loss: float) -> None:
        if not math.isfinite(loss):
            raise TrainError(
                "TRAIN_DIVERGED",
                f"iteration {self.iteration}: the loss is {loss}; lower learningRate ({self._p.learningRate}) or set warmupIterations",
            )
        self.curve.loss_sum += loss
        self.curve.loss_count += 1

    @torch.no_grad()
    def _update_average(self) -> None:
        if self._average is None:
            return
        keep = min(self._p.averaging, (1 + self.iteration) / (10 + self.iteration))
        for name, value in self.network.state_dict().items():
            average = self._average[name]
            average.lerp_(value, 1 - keep) if average.is_floating_point() else average.copy_(value)

    def _record(self) -> None:
        loss, accuracy = self.evaluate()
        self.curve.rows.append(
            {
                "iteration": self.iteration,
                "learningRate": learning_rate(self._p, self.iteration - 1),
                "trainLoss": self.curve.loss_sum / max(self.curve.loss_count, 1),
                "validationLoss": loss,
                "validationAccuracy": accuracy,
            }
        )
        self.curve.loss_sum, self.curve.loss_count = 0.0, 0

    @torch.no_grad()
    def evaluate(self) -> tuple[float, float]:
        """Mean loss and top-1 accuracy of the weights to be used, on the validation split."""
        trained = None
        if self._average is not None:
            trained = {name: value.clone() for name, value in self.network.state_dict().items()}
            self.network.load_state_dict(self._average)
        self.network.eval()
        loss, correct, label = 0.0, 0, self._data.validation_label
        for start in range(0, len(label), _EVALUATION_BATCH):
            part = slice(start, start + _EVALUATION_BATCH)
            logits = self.network(self._data.validation[part].contiguous(memory_format=torch.channels_last))
            loss += float(nn.functional.cross_entropy(logits, label[part], reduction="sum"))
            correct += int((logits.argmax(1) == label[part]).sum())
        if trained is not None:
            self.network.load_state_dict(trained)
        return loss / len(label), correct / len(label)

    def _metrics(self) -> dict[str, float]:
        metrics = {"loss": self.curve.loss_sum / max(self.curve.loss_count, 1)} if self.curve.loss_count else {}
        if self.curve.rows:
            metrics["validationAccuracy"] = self.curve.rows[-1]["validationAccuracy"]
        return metrics

    def _state(self) -> dict[str, Any]:
        return {
            "iteration": self.iteration,
            "network": self.network.state_dict(),
            "optimizer": self._optimizer.state_dict(),
            "average": self._average,
            "rows": self.curve.rows,
            "lossSum": self.curve.loss_sum,
            "lossCount": self.curve.loss_count,
        }

    def _restore(self, state: dict[str, Any]) -> None:
        self.iteration = state["iteration"]
        self.network.load_state_dict(state["network"])
        self._optimizer.load_state_dict(state["optimizer"])
        if self._average is not None:
            self._average = {name: value.to(self._device) for name, value in state["average"].items()}
        self.curve = Curve(state["rows"], state["lossSum"], state["lossCount"])


def _optimizer(network: Network, parameters: Parameters) -> torch.optim.Optimizer:
    """Adam (Kingma and Ba, 2015) with decoupled weight decay (Loshchilov and Hutter, 2019) on weights, not on biases and batch norm."""
    weights = [value for value in network.parameters() if value.dim() > 1]
    others = [value for value in network.parameters() if value.dim() <= 1]
    groups = [{"params": weights, "weight_decay": parameters.weightDecay}, {"params": others, "weight_decay": 0.0}]
    return torch.optim.AdamW(groups, lr=parameters.learningRate)

