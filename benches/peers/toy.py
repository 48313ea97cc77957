"""The work every contender does, and what its models are checked by.

Logistic regression with an L2 penalty by single-row SGD on the toy's rows: five signal columns and a
one in a column of its own; w <- (1 - eta lambda) w + eta y x / (1 + exp(y w.x)), zero initial
weights, constant rates, no intercept, 64-bit floats.
"""

from dataclasses import dataclass
from typing import Callable

import numpy as np

ROWS = 512
SIGNAL_COLUMNS = 5
EPOCHS = 400
LEARNING_RATE = 0.05
WEIGHT_DECAY = 1e-3
STEPS = ROWS * EPOCHS


@dataclass
class Toy:
    """One problem: signal columns (rows x width) and labels of -1 and 1."""

    signal: np.ndarray
    labels: np.ndarray


@dataclass
class Outcome:
    """ns per seed-step, and, averaged over seeds, the training accuracy and mean loss."""

    time: float
    accuracy: float
    loss: float


@dataclass
class Contender:
    """A way to train: `run` trains once, in seconds at most, and reports."""

    name: str
    run: Callable[[], Outcome]


def outcome(seconds: float, margins: np.ndarray) -> Outcome:
    """From the seconds it took and the margins y w.x of all seeds' training rows."""
    seeds = margins.size // ROWS
    return Outcome(
        time=seconds * 1e9 / (STEPS * seeds),
        accuracy=float(np.mean(margins > 0)),
        loss=float(np.mean(np.logaddexp(0.0, -margins))),
    )
