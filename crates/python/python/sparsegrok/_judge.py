"""Learning curves that any program logged, judged as a study's."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from . import _native
from ._study import Study, into
from ._table import one_dimensional
from ._vary import texts

FIGURES = {"train": "train_acc", "test": "test_acc"} | {name: name for name in _native.figures()}
"""The figures by the keywords that name their columns."""


def judge(
    data: Any,
    *,
    time: str | None = None,
    run: str | None = None,
    groups: str | Iterable[str] | None = None,
    accuracies: str = "found",
    out: str | os.PathLike[str] | None = None,
    force: bool = False,
    **columns: Any,
) -> Study:
    """Judges learning curves of another program: times in brackets, statuses, intervals, a report, as of a study.

    - ``data``: a DataFrame of pandas or polars, or a mapping of names to columns; or the path of a file, or several
      (CSV, TSV, JSON, the export of a tracking service). A row is an evaluation of a run.
    - ``time``, ``run``, ``groups``: names of the columns of time (epochs or steps), of the runs' names, and of the
      values by which runs are grouped. Without them, columns are found by their usual names.
    - ``accuracies``: their unit: ``"share"``, ``"per-cent"``, or ``"found"``, per cent if any is above 1.
    - ``columns``: the column of a figure: ``train="acc", test="val_acc"`` for the accuracies, or any figure by its
      name, ``train_loss="loss"``. Those that are not given are found by their usual names. Thresholds may stand beside
      them: ``gen_threshold=0.95``.
    - ``out``, ``force``: as those of :func:`study`.

    What was decided while the data were read, and what the curves do not tell, is in :attr:`Study.notes`.

    Raises ValueError for what cannot be read as curves, OSError where a file cannot be read, TypeError for data of
    another kind.
    """
    named = {key: column for key, column in columns.items() if key in FIGURES and column is not None}
    given = texts({key: value for key, value in columns.items() if key not in FIGURES})
    files, table = _files_and_columns(data)
    by = [groups] if isinstance(groups, str) else None if groups is None else list(groups)
    said = {"time": time, "run": run, "groups": by} | columns
    words = [f"{key}={value!r}" for key, value in said.items() if value is not None]
    command = f"sparsegrok.judge({', '.join([', '.join(map(repr, map(str, files))) or 'data', *words])})"
    figures = [(FIGURES[key], str(column)) for key, column in named.items()]
    return into(
        out,
        lambda path: _native.judge(files, table, time, run, by, figures, accuracies, given, command, path, force),
    )


def _files_and_columns(data: Any) -> tuple[list[Path], list[tuple[str, Any]]]:
    """The files that data name, or the columns that they are."""
    if isinstance(data, (str, os.PathLike)):
        return [Path(data)], []
    if isinstance(data, Mapping):
        return [], [(str(name), _column(values)) for name, values in data.items()]
    # The columns of pandas and polars.
    if hasattr(data, "columns") and hasattr(data, "__getitem__"):
        return [], [(str(name), _column(data[name])) for name in data.columns]
    if isinstance(data, Iterable):
        files = list(data)
        if files and all(isinstance(file, (str, os.PathLike)) for file in files):
            return [Path(file) for file in files], []
    raise TypeError(f"data of {type(data).__name__}: expected a DataFrame, a mapping of columns, or paths of files")


def _column(values: Any) -> Any:
    """Numbers as an array, everything else as texts; what is missing is an empty one."""
    column = one_dimensional(values)
    if column.dtype.kind == "f":
        return column.astype(np.float64)
    if column.dtype.kind in "iu" and column.dtype != np.uint64:
        return column.astype(np.int64)
    return ["" if str(value) == "<NA>" else str(value) for value in column]
