"""The toy in plain C++ (toy.cpp), compiled for this machine; it draws rows of its own."""

import os
import resource
import subprocess
from pathlib import Path

from toy import EPOCHS, ROWS, SIGNAL_COLUMNS, STEPS, Contender, Outcome

SOURCE = Path(__file__).with_name("toy.cpp")

# Runs are short: the best of several is taken.
TURNS = 5


def contenders(folder: Path) -> list[Contender]:
    program = folder / "toy"
    compiler = [os.environ.get("CXX", "c++"), "-std=c++17", "-O3", "-march=native"]
    subprocess.run([*compiler, "-o", program, SOURCE], check=True)
    return [contender(program, form) for form in ("dense", "sparse")]


def contender(program: Path, form: str) -> Contender:
    train = [program, form, str(ROWS), str(SIGNAL_COLUMNS), str(EPOCHS)]

    def run() -> Outcome:
        best = min((trained(train) for _ in range(TURNS)), key=lambda said: said["ns_per_step"])
        return Outcome(best["ns_per_step"], best["train_accuracy"], best["train_loss"])

    return Contender(f"C++, {form}", run)


def trained(train: list) -> dict[str, float]:
    """What a run of the program prints: words and numbers in turn.

    Its own clock goes on while other processes run; where that made it slow, the processor time of the
    whole run is the better measure.
    """
    before = processor_time()
    words = subprocess.run(train, check=True, stdout=subprocess.PIPE, text=True).stdout.split()
    processor = (processor_time() - before) * 1e9 / STEPS
    said = dict(zip(words[::2], map(float, words[1::2])))
    return said | {"ns_per_step": min(said["ns_per_step"], processor)}


def processor_time() -> float:
    """Seconds that ended child processes have computed."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
