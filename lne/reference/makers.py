"""The list of makers: for each operator a function that makes a random single-operator model, and what those functions share."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from models import ModelBuilder

Maker = Callable[[np.random.Generator], tuple[object, np.ndarray]]
MAKERS: dict[str, Maker] = {}


def makes(*names: str):
    def register(maker):
        for name in names:
            MAKERS[name] = lambda random, name=name: maker(name, random)
        return maker

    return register


def build(shape, random, add, opset=21):
    """A model whose output is what `add` returns, and an input for it."""
    builder = ModelBuilder(tuple(shape), int(random.integers(1 << 30)))
    # Not around zero, where a mean would be all cancellation.
    return builder.model([add(builder)], opset=opset), builder.sample(int(random.integers(1000))) + np.float32(0.5)


def map_shape(random, most=40):
    return [1, int(random.integers(1, most)), int(random.integers(3, 20)), int(random.integers(3, 20))]


def as_float(b, x):
    return b.add("Cast", [x], to=1)
