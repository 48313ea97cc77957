"""The time of `sparsegrok.study` against the command's, on the same study, in turns: `python bench.py COMMAND`."""

import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import sparsegrok as sg

TURNS = 12


def seconds(work: Callable[[], object]) -> float:
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


def main(command: str) -> None:
    for seeds in (64, 256):
        ours, theirs = [], []
        with tempfile.TemporaryDirectory() as folder:
            for turn in range(TURNS):
                words = [command, "study", "--preset", "grok-a", "--seeds", str(seeds), "--quiet", "--out"]
                theirs.append(seconds(lambda: subprocess.run([*words, Path(folder, f"command-{turn}")], check=True)))
                ours.append(seconds(lambda: sg.study("grok-a", seeds=seeds, out=Path(folder, f"python-{turn}"))))
        ratio = statistics.median(ours) / statistics.median(theirs)
        print(f"{seeds} seeds: {statistics.median(ours):.3f} s, the command {statistics.median(theirs):.3f} s: {ratio:.3f}")


if __name__ == "__main__":
    main(sys.argv[1])
