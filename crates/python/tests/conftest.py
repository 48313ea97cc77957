"""Studies that several tests read, and the command."""

import os
import shutil
import subprocess
from pathlib import Path

import matplotlib
import pytest

import sparsegrok as sg

matplotlib.use("Agg")

ROOT = Path(__file__).parents[3]
SMALL = {"n_train": 64, "epochs": 700, "eval_every": 1}
GRID = {"weight_decay": [0.003, 0.004], "init": ["orthogonal", "gaussian"]}


@pytest.fixture(scope="session")
def grid() -> sg.Study:
    """A small study of four cells; some of its runs do not generalize in time."""
    return sg.study("grok-a", seeds=12, vary=GRID, traces="all", **SMALL)


@pytest.fixture(scope="session")
def command():
    """Runs the command with these words."""
    built = [ROOT / "target" / profile / "sparsegrok" for profile in ("release", "debug")]
    built = [path for path in built if path.is_file()]
    path = os.environ.get("SPARSEGROK") or shutil.which("sparsegrok")
    if built:
        path = str(max(built, key=lambda path: path.stat().st_mtime))
    if path is None:
        pytest.skip("no command to compare with: expected `cargo build` before")

    def run(*words: object) -> str:
        done = subprocess.run([path, *map(str, words)], check=True, capture_output=True, text=True)
        return done.stdout

    return run


def contents(path: Path) -> dict[str, bytes]:
    """The files of a study that hold results, without times of day."""
    names = ("records.csv", "curves.csv", "traces.csv", "summary.json")
    return {name: (Path(path) / name).read_bytes() for name in names}
