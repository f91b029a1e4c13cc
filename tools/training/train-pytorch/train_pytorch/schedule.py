"""The learning rate over the iterations."""

from __future__ import annotations

import math

from .parameters import Parameters


def learning_rate(parameters: Parameters, iteration: int) -> float:
    """The rate of an iteration (from 0). It rises over warmupIterations, at most half of all, so that a short try of settings
    for a long training runs too. Then, step: times stepFactor after each of `steps` equal parts; cosine: falls to zero."""
    warmup = min(parameters.warmupIterations, parameters.iterations // 2)
    if iteration < warmup:
        return parameters.learningRate * (iteration + 1) / (warmup + 1)
    if parameters.schedule == "step":
        return parameters.learningRate * parameters.stepFactor ** (
            iteration * parameters.steps // parameters.iterations
        )
    progress = (iteration - warmup) / (parameters.iterations - warmup)
    return parameters.learningRate * 0.5 * (1.0 + math.cos(math.pi * progress))


def step_iterations(parameters: Parameters) -> list[int]:
    """The iterations at which the step schedule lowers the rate."""
    return [-(-part * parameters.iterations // parameters.steps) for part in range(1, parameters.steps)]
