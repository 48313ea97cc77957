#!/usr/bin/env python3
"""Our kernels beside other programs that do the same work, on one core, taking turns.

    python3 -m venv benches/peers/.venv
    benches/peers/.venv/bin/pip install -r benches/peers/requirements.txt
    benches/peers/.venv/bin/python benches/peers/compare.py

Builds ours in release mode (minutes, the first time), then has every program train on the toy in turn,
and prints a Markdown table of best times. Long runs are timed by the processor time they took, so that
neither ours nor theirs is charged for other processes. Fails where a program's model is not as good as ours: then
it did other work. Needs a C++ compiler; CXX names another than c++.
"""

import argparse
import os
import sys
import tempfile
from pathlib import Path


def main() -> int:
    arguments = argparse.ArgumentParser(description="Our kernels beside other programs.")
    arguments.add_argument("--rounds", type=int, default=15, help="turns of each program [15]")
    arguments.add_argument("--core", type=int, default=0, help="the core that all share [0]")
    chosen = arguments.parse_args()

    import ours

    programs = ours.build()
    # Before the libraries are loaded, which start as many threads as there are cores.
    os.sched_setaffinity(0, {chosen.core})
    with tempfile.TemporaryDirectory() as folder:
        contenders = prepare(*programs, Path(folder))
        print(f"{chosen.rounds} rounds", end="", file=sys.stderr, flush=True)
        rounds = []
        for _ in range(chosen.rounds):
            rounds.append([contender.run() for contender in contenders])
            print(".", end="", file=sys.stderr, flush=True)
        print(file=sys.stderr)
    names = [contender.name for contender in contenders]
    return report(names, [min(turns, key=lambda turn: turn.time) for turns in zip(*rounds)])


def prepare(command: Path, worker: Path, folder: Path) -> list:
    """Every contender, ready to train; our scalar and lanes come first."""
    import cpp
    import jax_scan
    import numpy_loop
    import ours
    import sklearn_sgd
    import vowpal_wabbit

    toys = [ours.toy(command, seed) for seed in range(8)]
    worker = ours.Worker(worker)
    return [
        *ours.contenders(command, worker),
        *cpp.contenders(folder),
        sklearn_sgd.contender(toys[0]),
        *jax_scan.contenders(toys),
        vowpal_wabbit.contender(toys[0], folder),
        numpy_loop.contender(toys[0]),
    ]


def report(names: list[str], best: list) -> int:
    """Prints the table; 0 where all models agree."""
    scalar, lanes = best[:2]
    print("| program | ns per seed-step | scalar leads | lanes lead | accuracy | loss |")
    print("|---|---|---|---|---|---|")
    for name, found in zip(names, best):
        ratios = [f"{found.time / kernel.time:.1f} ×" for kernel in (scalar, lanes)]
        print(
            f"| {name} | {found.time:.{1 if found.time < 100 else 0}f} | {ratios[0]} | {ratios[1]} "
            f"| {found.accuracy:.3f} | {found.loss:.4f} |"
        )
    others = [
        f"{name}: accuracy {found.accuracy:.4f}, loss {found.loss:.4f}"
        for name, found in zip(names, best)
        if abs(found.accuracy - scalar.accuracy) > 0.005
        or not 0.9 < found.loss / scalar.loss < 1.1
    ]
    for other in others:
        print(f"other work than ours was done by {other}", file=sys.stderr)
    return 1 if others else 0


if __name__ == "__main__":
    sys.exit(main())
