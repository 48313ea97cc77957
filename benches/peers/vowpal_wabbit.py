"""Vowpal Wabbit: plain SGD, passes over its binary cache. It visits rows in the file's order."""

from pathlib import Path
from time import process_time

import numpy as np
from toy import EPOCHS, LEARNING_RATE, WEIGHT_DECAY, Contender, Outcome, Toy, outcome
from vowpalwabbit import Workspace


def contender(toy: Toy, folder: Path) -> Contender:
    lines = []
    for row, (x, y) in enumerate(zip(toy.signal, toy.labels)):
        signal = " ".join(f"{column}:{value!r}" for column, value in enumerate(x.tolist()))
        lines.append(f"{y:+.0f} | {signal} {x.size + row}:1")
    data = folder / "toy.vw"
    data.write_text("\n".join(lines) + "\n")
    options = f"--quiet --data {data} --cache --passes {EPOCHS} --holdout_off --noconstant"
    options += f" --loss_function logistic --sgd --learning_rate {LEARNING_RATE} --power_t 0"
    options += f" --l2 {WEIGHT_DECAY} --bit_precision 18"

    def run() -> Outcome:
        start = process_time()
        model = Workspace(options)
        seconds = process_time() - start
        scores = [model.predict(line.split(" ", 1)[1]) for line in lines]
        model.finish()
        return outcome(seconds, toy.labels * np.array(scores))

    return Contender("Vowpal Wabbit, --sgd", run)
