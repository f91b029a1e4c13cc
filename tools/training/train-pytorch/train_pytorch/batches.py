"""Batches: which clips an iteration sees, augmented and mixed; each is a function of (parameters, data, iteration) and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Protocol as Interface

import torch
from torch import Tensor, nn

from .augment import Dice, generator_for
from .parameters import Parameters

_BATCHES_AHEAD = 3  # enough to even out a checkpoint or a validation; each costs the memory of one batch


class BatchSource(Interface):
    """Gives the augmented, normalized features of training clips."""

    def batch(self, rows: Tensor, dice: Dice) -> Tensor:
        """[batch, 1, band, frame] of the clips `rows` [batch]"""


class Batches:
    """Makes the batch of an iteration."""

    def __init__(self, parameters: Parameters, source: BatchSource, label: Tensor, classes: int) -> None:
        self._p = parameters
        self._source = source
        self._label = label  # [clip]
        self._classes = classes
        self._epoch = -1
        self._order = torch.empty(0, dtype=torch.int64)

    @torch.no_grad()
    def make(self, iteration: int) -> tuple[Tensor, Tensor]:
        """Features [batch, 1, band, frame] and targets [batch, class] of an iteration."""
        rows = self._rows(iteration).to(self._label.device)
        dice = Dice(generator_for(self._p.seed, "augmentation", iteration), self._label.device)
        features = self._source.batch(rows, dice)
        target = nn.functional.one_hot(self._label[rows], self._classes).float()
        features, target = _mix(features, target, self._p.mixup, generator_for(self._p.seed, "mixup", iteration))
        return features.contiguous(memory_format=torch.channels_last), target

    def _rows(self, iteration: int) -> Tensor:
        """The clips of an iteration: batches run on over shuffled epochs without a gap."""
        clips, size = len(self._label), self._p.batchSize
        rows, position = [], iteration * size
        while size:
            epoch, offset = divmod(position, clips)
            if epoch != self._epoch:
                self._epoch = epoch
                self._order = torch.randperm(clips, generator=generator_for(self._p.seed, "order", epoch))
            part = self._order[offset : offset + size]
            rows.append(part)
            position, size = position + len(part), size - len(part)
        return torch.cat(rows)


def batches_ahead(batches: Batches, first: int, end: int, threads: int) -> Iterator[tuple[Tensor, Tensor]]:
    """The batches of the iterations from `first` and below `end`, in order.

    On a CPU with two threads or more, one of them makes batches ahead while the others train, so that neither waits for
    the other.
    """
    if threads < 2:
        yield from (batches.make(iteration) for iteration in range(first, end))
        return
    with ThreadPoolExecutor(1, "batches", initializer=torch.set_num_threads, initargs=(1,)) as pool:
        pool.submit(int).result()  # the thread has set its own number of threads, which is the process's until set here
        torch.set_num_threads(threads - 1)
        waiting: list[Future[tuple[Tensor, Tensor]]] = []
        try:
            for iteration in range(first, end):
                while len(waiting) <= _BATCHES_AHEAD and iteration + len(waiting) < end:
                    waiting.append(pool.submit(batches.make, iteration + len(waiting)))
                yield waiting.pop(0).result()
        finally:
            for future in waiting:
                future.cancel()
            torch.set_num_threads(threads)


def _mix(features: Tensor, target: Tensor, alpha: float, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Mixup (Zhang et al., 2018): blends each clip with another of the batch. [batch, 1, band, frame], [batch, class]"""
    if not alpha:
        return features, target
    # A Beta(alpha, alpha) draw from two gamma draws; torch's own gamma takes a generator only below the Python surface.
    gamma = torch._standard_gamma(torch.full((2, len(features)), alpha), generator=generator)
    share = (gamma[0] / gamma.sum(0).clamp(min=1e-12)).to(features.device)
    other = torch.randperm(len(features), generator=generator).to(features.device)
    share_map = share[:, None, None, None]
    return features * share_map + features[other] * (1 - share_map), target * share[:, None] + target[other] * (
        1 - share[:, None]
    )
