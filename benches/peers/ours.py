"""Our kernels: times from the bench worker, models from the command."""

import csv
import io
import json
import subprocess
from pathlib import Path

import numpy as np
from toy import EPOCHS, ROWS, SIGNAL_COLUMNS, STEPS, Contender, Outcome, Toy

ROOT = Path(__file__).resolve().parents[2]
SETTINGS = [f"--n-train={ROWS}", "--n-test=0", f"--d-signal={SIGNAL_COLUMNS}"]

# The bench worker's path for models of the toy that share rows and order: left out while it has none.
SHARED = f"shared-d{SIGNAL_COLUMNS}"


def build() -> tuple[Path, Path]:
    """Builds the command and the bench worker; the paths of their programs."""
    cargo = ["cargo", "build", "--locked", "--release", "--bin", "sparsegrok"]
    subprocess.run(cargo, cwd=ROOT, check=True)
    cargo = ["cargo", "bench", "--locked", "--no-run", "--bench", "gate"]
    cargo.append("--message-format=json-render-diagnostics")
    lines = subprocess.run(cargo, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout
    messages = [json.loads(line) for line in lines.splitlines()]
    built = (m for m in messages if m.get("executable"))
    worker = next(m["executable"] for m in built if m["target"]["name"] == "gate")
    return ROOT / "target/release/sparsegrok", Path(worker)


def toy(command: Path, seed: int) -> Toy:
    """The rows that our own kernels train on for a data seed."""
    generate = [command, "data", "generate", *SETTINGS, f"--data-seed={seed}"]
    text = subprocess.run(generate, check=True, stdout=subprocess.PIPE, text=True).stdout
    rows = [line.split() for line in text.splitlines() if not line.startswith("#")]
    signal = np.zeros((ROWS, SIGNAL_COLUMNS))
    for row, (_, *features) in zip(signal, rows, strict=True):
        for feature in features:
            column, value = feature.split(":")
            row[int(column) - 1] = float(value)
    return Toy(signal, np.array([float(label) for label, *_ in rows]))


class Worker:
    """The bench worker, which trains when asked and answers ns per seed-step."""

    def __init__(self, program: Path):
        self.process = subprocess.Popen(
            [program, "--worker"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
        )
        self.paths = self.process.stdout.readline().split()

    def time(self, path: str) -> float:
        self.process.stdin.write(f"{path}\n")
        return float(self.process.stdout.readline())


def contenders(command: Path, worker: Worker) -> list[Contender]:
    """Scalar and lanes on as many seeds; then lanes whose models share rows and order, where the worker can."""
    found = [contender(command, worker, "scalar", 1), contender(command, worker, "lanes", 8)]
    # Lanes give each model the same bits in any company, so one stands for all.
    if SHARED in worker.paths:
        found.append(contender(command, worker, "lanes", 1, path=SHARED, form=", shared rows"))
    return found


def contender(command: Path, worker: Worker, kernel: str, seeds: int, path="", form="") -> Contender:
    """A kernel on as many seeds; its times are the best of ten turns of about a millisecond."""
    outcomes = [trained(command, kernel, seed) for seed in range(seeds)]
    accuracy, loss = np.mean(outcomes, axis=0)
    path = path or f"{kernel}-d{SIGNAL_COLUMNS}"

    def run() -> Outcome:
        return Outcome(min(worker.time(path) for _ in range(10)), accuracy, loss)

    return Contender(f"sparsegrok, {kernel}{form}", run)


def trained(command: Path, kernel: str, seed: int) -> tuple[float, float]:
    """Training accuracy and loss of our command's model after the last epoch."""
    train = [command, "run", *SETTINGS, f"--data-seed={seed}", f"--order-seed={seed}"]
    train += [f"--epochs={EPOCHS}", f"--eval-every={EPOCHS}", f"--kernel={kernel}"]
    text = subprocess.run(train, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True).stdout
    last = list(csv.DictReader(io.StringIO(text)))[-1]
    return float(last["train_acc"]), float(last["train_loss"])
