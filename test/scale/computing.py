"""Trains a convolutional network on noise, one thread, for a while. Usage: computing.py SECONDS. Prints the steps per second."""

import sys
import time

import torch
from torch import nn

WARM_UP_STEPS = 5
torch.set_num_threads(1)
network = nn.Sequential(
    *(nn.Conv2d(1, 100, 3), nn.ReLU(), nn.Conv2d(100, 100, 3), nn.ReLU(), nn.Conv2d(100, 100, 3), nn.ReLU()),
    *(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(100, 12)),
)
optimizer = torch.optim.SGD(network.parameters(), 0.01)
features, labels = torch.randn(32, 1, 40, 32), torch.zeros(32, dtype=torch.long)


def step() -> None:
    optimizer.zero_grad()
    nn.functional.cross_entropy(network(features), labels).backward()
    optimizer.step()


for _ in range(WARM_UP_STEPS):
    step()
started_at = time.monotonic()
steps = 0
while time.monotonic() - started_at < float(sys.argv[1]):
    step()
    steps += 1
print(steps / (time.monotonic() - started_at))
