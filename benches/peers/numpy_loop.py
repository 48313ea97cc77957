"""A Python loop over NumPy rows, with the sparse update that a careful person writes."""

from math import exp
from time import process_time

import numpy as np
from toy import EPOCHS, LEARNING_RATE, ROWS, WEIGHT_DECAY, Contender, Outcome, Toy, outcome


def contender(toy: Toy) -> Contender:
    labels = toy.labels.tolist()
    rows = list(toy.signal)

    def run() -> Outcome:
        start = process_time()
        rng = np.random.default_rng(1)
        v, m, scale = np.zeros(toy.signal.shape[1]), [0.0] * ROWS, 1.0
        for _ in range(EPOCHS):
            for row in rng.permutation(ROWS).tolist():
                x, y = rows[row], labels[row]
                z = scale * (float(v @ x) + m[row])
                rise = LEARNING_RATE * y / (1.0 + exp(y * z))
                scale *= 1.0 - LEARNING_RATE * WEIGHT_DECAY
                rise /= scale
                v += rise * x
                m[row] += rise
        seconds = process_time() - start
        return outcome(seconds, toy.labels * scale * (toy.signal @ v + np.array(m)))

    return Contender("NumPy loop", run)
