#!/usr/bin/env python3
"""Our networks of modular addition beside NumPy, JAX and PyTorch, on one core, taking turns.

    python3 -m venv benches/peers/.venv
    benches/peers/.venv/bin/pip install -r benches/peers/requirements.txt
    benches/peers/.venv/bin/python benches/peers/networks.py

Full-batch AdamW at p = 97 with 500 neurons, on half of all pairs, all in single precision. Each program trains for as many
epochs in turn and is charged the processor time that it took; the table has the best of the turns, a millisecond an epoch.
Compilation and start are left out. Fails where a program's train loss is not as ours: then it did other work.
PyTorch is passed over where it is not installed.
"""

import argparse
import csv
import io
import os
import resource
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from time import process_time
from typing import Callable

ROOT = Path(__file__).resolve().parents[2]
CLASSES, NEURONS, EPOCHS = 97, 500, 30
ETA, BETA1, BETA2, EPSILON = 0.01, 0.9, 0.98, 1e-8
DEVIATION = 0.5 / (2 * NEURONS) ** (1 / 3)


@dataclass
class Outcome:
    """Milliseconds of an epoch, and the train loss at the last weights."""

    time: float
    loss: float


def main() -> int:
    arguments = argparse.ArgumentParser(description="Our networks beside other programs.")
    arguments.add_argument("--rounds", type=int, default=7, help="turns of each program [7]")
    arguments.add_argument("--core", type=int, default=0, help="the core that all share [0]")
    chosen = arguments.parse_args()
    build = ["cargo", "build", "--locked", "--release", "--bin", "sparsegrok"]
    subprocess.run(build, cwd=ROOT, check=True)
    # Before the libraries are loaded, which start as many threads as there are cores.
    os.sched_setaffinity(0, {chosen.core})
    contenders = {
        "sparsegrok": ours,
        "NumPy, look-ups": numpy_lookups(),
        "NumPy, dense one-hot rows": numpy_dense(),
        "JAX, jit, look-ups": jax_lookups(),
    }
    try:
        contenders["PyTorch, look-ups"] = torch_lookups()
    except ImportError:
        print("PyTorch is not installed: passed over", file=sys.stderr)
    turns = [{name: run() for name, run in contenders.items()} for _ in range(chosen.rounds)]
    best = {name: min((turn[name] for turn in turns), key=lambda found: found.time) for name in contenders}
    own = best["sparsegrok"]
    print("| program | ms per seed-epoch | sparsegrok leads | train loss |")
    print("|---|---|---|---|")
    for name, found in best.items():
        print(f"| {name} | {found.time:.1f} | {found.time / own.time:.1f} × | {found.loss:.5f} |")
    others = [name for name, found in best.items() if not 0.9 < found.loss / own.loss < 1.1]
    for name in others:
        print(f"other work than ours was done by {name}", file=sys.stderr)
    return 1 if others else 0


def ours() -> Outcome:
    """Processor time of a long run less that of a short one, both evaluated at their first and last epoch."""

    def run(epochs: int) -> tuple[float, float]:
        program = [ROOT / "target/release/sparsegrok", "run", "--preset", "modular"]
        program += [f"--epochs={epochs}", f"--eval-every={epochs}", "--columns=epoch,train_loss"]
        before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
        out = subprocess.run(program, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        time = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before
        return time, float(list(csv.DictReader(io.StringIO(out.stdout)))[-1]["train_loss"])

    # The short run is evaluated twice too.
    (short, _), (long, loss) = run(2), run(EPOCHS)
    return Outcome((long - short) * 1e3 / (EPOCHS - 2), loss)


def drawn():
    """Rows to train on, and initial weights."""
    import numpy as np

    random = np.random.default_rng(0)
    rows = random.permutation(CLASSES**2)[: CLASSES**2 // 2]
    a, b = np.divmod(rows, CLASSES)
    shapes = [(CLASSES, NEURONS), (CLASSES, NEURONS), (NEURONS, CLASSES)]
    weights = [(DEVIATION * random.standard_normal(shape)).astype(np.float32) for shape in shapes]
    return a, b, (a + b) % CLASSES, weights


def numpy_lookups() -> Callable[[], Outcome]:
    """Rows of weights are looked up; their gradients are summed by class, in the order of classes."""
    import numpy as np

    a, b, label, _ = drawn()
    by_class = [(np.argsort(of, kind="stable"), np.searchsorted(np.sort(of), np.arange(CLASSES))) for of in (a, b)]

    def sums(u, v):
        return u[a] + v[b]

    def of_inputs(slope):
        return [np.add.reduceat(slope[order], starts, axis=0) for order, starts in by_class]

    return numpy_training(label, sums, of_inputs)


def numpy_dense() -> Callable[[], Outcome]:
    """The textbook: one-hot rows as a matrix."""
    import numpy as np

    a, b, label, _ = drawn()
    x = np.hstack([np.eye(CLASSES, dtype=np.float32)[a], np.eye(CLASSES, dtype=np.float32)[b]])

    def of_inputs(slope):
        gradient = x.T @ slope
        return [gradient[:CLASSES], gradient[CLASSES:]]

    return numpy_training(label, lambda u, v: x @ np.vstack([u, v]), of_inputs)


def numpy_training(label, sums, of_inputs) -> Callable[[], Outcome]:
    import numpy as np

    target = np.eye(CLASSES, dtype=np.float32)[label]

    def run() -> Outcome:
        weights = drawn()[3]
        means, squares = ([np.zeros_like(w) for w in weights] for _ in range(2))
        start = process_time()
        for step in range(1, EPOCHS + 1):
            u, v, w = weights
            s = sums(u, v)
            h = s * s
            slope = (h @ w - target) * np.float32(2 / target.size)
            gradients = [*of_inputs(2 * s * (slope @ w.T)), h.T @ slope]
            for x, g, m, q in zip(weights, gradients, means, squares):
                m *= BETA1
                m += (1 - BETA1) * g
                q *= BETA2
                q += (1 - BETA2) * g * g
                x -= ETA / (1 - BETA1**step) * m / (np.sqrt(q / (1 - BETA2**step)) + EPSILON)
        time = process_time() - start
        u, v, w = weights
        return Outcome(time * 1e3 / EPOCHS, float(((sums(u, v) ** 2 @ w - target) ** 2).mean()))

    return run


def jax_lookups() -> Callable[[], Outcome]:
    """One compiled program of all epochs."""
    import jax
    import jax.numpy as jnp

    a, b, label, weights = drawn()
    target = jax.nn.one_hot(label, CLASSES, dtype=jnp.float32)

    def loss(weights):
        u, v, w = weights
        s = u[a] + v[b]
        return jnp.mean((s * s @ w - target) ** 2)

    def step(state, step):
        weights, means, squares = state
        new = ([], [], [])
        for x, g, m, q in zip(weights, jax.grad(loss)(weights), means, squares):
            m = BETA1 * m + (1 - BETA1) * g
            q = BETA2 * q + (1 - BETA2) * g * g
            x = x - ETA / (1 - BETA1**step) * m / (jnp.sqrt(q / (1 - BETA2**step)) + EPSILON)
            for to, value in zip(new, (x, m, q)):
                to.append(value)
        return new, None

    def train(weights):
        zeros = [jnp.zeros_like(x) for x in weights]
        (weights, _, _), _ = jax.lax.scan(step, (weights, zeros, zeros), jnp.arange(1.0, EPOCHS + 1))
        return loss(weights)

    weights = jax.device_put(weights)
    # Wider than XLA's own choice, and faster where the machine has such vectors.
    options = {"xla_cpu_prefer_vector_width": 512}
    compiled = jax.jit(train).lower(weights).compile(options)

    def run() -> Outcome:
        start = process_time()
        found = float(compiled(weights))
        return Outcome((process_time() - start) * 1e3 / EPOCHS, found)

    return run


def torch_lookups() -> Callable[[], Outcome]:
    """Embeddings and PyTorch's own AdamW."""
    import torch

    torch.set_num_threads(1)
    a, b, label, weights = drawn()
    a, b = torch.from_numpy(a), torch.from_numpy(b)
    target = torch.nn.functional.one_hot(torch.from_numpy(label), CLASSES).float()

    def run() -> Outcome:
        u, v, w = (torch.nn.Parameter(torch.from_numpy(x.copy())) for x in weights)
        optimizer = torch.optim.AdamW([u, v, w], ETA, (BETA1, BETA2), EPSILON, weight_decay=0.0)

        def loss():
            s = u[a] + v[b]
            return torch.mean((s * s @ w - target) ** 2)

        start = process_time()
        for _ in range(EPOCHS):
            optimizer.zero_grad()
            loss().backward()
            optimizer.step()
        time = process_time() - start
        return Outcome(time * 1e3 / EPOCHS, float(loss().detach()))

    return run


if __name__ == "__main__":
    sys.exit(main())
