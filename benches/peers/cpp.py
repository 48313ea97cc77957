"""The toy in plain C++ (toy.cpp), compiled for this machine; it draws rows of its own."""

import os
import subprocess
from pathlib import Path

from toy import EPOCHS, ROWS, SIGNAL_COLUMNS, Contender, Outcome

SOURCE = Path(__file__).with_name("toy.cpp")


def contenders(folder: Path) -> list[Contender]:
    program = folder / "toy"
    compiler = [os.environ.get("CXX", "c++"), "-std=c++17", "-O3", "-march=native"]
    subprocess.run([*compiler, "-o", program, SOURCE], check=True)
    return [contender(program, form) for form in ("dense", "sparse")]


def contender(program: Path, form: str) -> Contender:
    train = [program, form, str(ROWS), str(SIGNAL_COLUMNS), str(EPOCHS)]

    def run() -> Outcome:
        words = subprocess.run(train, check=True, stdout=subprocess.PIPE, text=True).stdout.split()
        said = dict(zip(words[::2], map(float, words[1::2])))
        return Outcome(said["ns_per_step"], said["train_accuracy"], said["train_loss"])

    return Contender(f"C++, {form}", run)
