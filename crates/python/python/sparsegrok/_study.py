"""Studies: trained, loaded, merged, judged by other thresholds."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
import weakref
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Executor
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from . import _native
from ._shards import Job, trained
from ._progress import Progress, shown
from ._table import Table
from ._vary import Spaced, axes, seeds_text, texts

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from typing_extensions import Unpack

    from ._settings import Settings


class Study:
    """A study as its directory holds it; :func:`study`, :func:`load`, :func:`merge` and others return one.

    A study has *cells*, one for each combination of the values of its axes, and in each cell a *run* for each seed.
    All tables are made of the study's log, and equal the CSV files in its directory.
    """

    path: Path
    """The directory. Of a study without ``out`` it is a temporary one, and goes with this object."""

    notes: tuple[str, ...]
    """Sentences on what was decided while curves of another program were read, and on what these do not tell; of
    :func:`judge` alone."""

    def __init__(self, path: str | os.PathLike[str], *, notes: Iterable[str] = ()) -> None:
        """Reads the directory of a study.

        Raises ValueError where it holds none, OSError where a file cannot be read.
        """
        self._results = _native.Results(path)
        self.path = Path(os.path.abspath(path))
        self.notes = tuple(notes)

    @cached_property
    def records(self) -> Table:
        """A row a run: when it memorized (``t_mem``) and generalized (``t_gen``), in epochs, how it ended (``status``),
        and its figures at its last evaluation. A time that was not reached is NaN; ``t_gen_low`` and ``t_gen_high``
        are its bracket.
        """
        return Table(self._results.records())

    @cached_property
    def curves(self) -> Table:
        """A row an evaluated epoch of a cell: mean and quantiles of each figure over the cell's ``n`` runs still going.

        Raises OSError where the study's log cannot be read any more; so does :attr:`traces`.
        """
        return Table(self._results.curves())

    @cached_property
    def traces(self) -> Table:
        """A row an evaluation of a run, of the runs whose whole traces are kept (setting ``traces``)."""
        return Table(self._results.traces())

    @cached_property
    def summary(self) -> dict[str, Any]:
        """The summary, as ``summary.json`` has it: rates, times with intervals and the theory's prediction, by cell."""
        summary: dict[str, Any] = json.loads(self._results.summary())
        return summary

    @cached_property
    def axes(self) -> dict[str, list[Any]]:
        """The keys that vary from cell to cell, each with its values."""
        return self._results.axes()

    @cached_property
    def cautions(self) -> list[str]:
        """Sentences on what a reader of the times should beware of."""
        return self._results.cautions()

    @cached_property
    def spreads(self) -> list[str]:
        """Sentences on where the spread between runs comes from, if sources of randomness were crossed."""
        return self._results.spreads()

    @cached_property
    def config(self) -> str:
        """The configuration, as TOML."""
        return self._results.config()

    @cached_property
    def cells(self) -> dict[int, str]:
        """The cells that have runs: their names, such as ``weight_decay=1e-05``, by their numbers."""
        return dict(self._results.cell_names())

    def km(self, time: str = "t_gen", by: str | None = None) -> dict[Any, Table]:
        """The Kaplan–Meier estimate of a time, with intervals of 95 %.

        ``time`` is ``t_mem``, ``t_gen``, ``delay_ratio`` or ``transition_width``. There is an estimate for each value
        of the axis ``by``, over the runs of all cells that have it; without one, for each cell, by its number. Columns:
        ``time`` (epochs, ascending, each time of an event), ``survival`` (share of runs that last beyond it), ``low``
        and ``high``. Runs that diverged are left out.

        Raises ValueError for an unknown time or axis.

        Source: E. L. Kaplan, P. Meier, JASA 53 (1958); intervals by log(−log S), as R's ``survival`` has them.
        """
        groups: dict[Any, list[int]] = {cell: [cell] for cell in self.cells}
        if by is not None:
            if by not in self.axes:
                known = ", ".join(self.axes) or "none, as it has one cell"
                raise ValueError(f"`{by}` is no axis of the study: expected one of {known}")
            values = dict(self._results.values_of(by))
            groups = {value: [] for value in self.axes[by]}
            for cell in self.cells:
                groups[values[cell]].append(cell)
        names = ("time", "survival", "low", "high")
        curves = {value: self._results.survival(time, cells) for value, cells in groups.items()}
        return {
            value: Table({name: np.array(column, dtype=float) for name, column in zip(names, curve)})
            for value, curve in curves.items()
        }

    def plot(self, figure: str = "population_acc", theory: bool = False, ax: Axes | None = None) -> Axes:
        """Draws a figure by epoch, a line a cell: the median over runs, in the band of their middle half.

        ``theory`` adds the closed form of the population's accuracy, dashed, where there is one. Of more than twelve
        cells the first twelve are drawn. Returns matplotlib's axes: ``ax``, or those of a new figure.

        Raises ValueError for a figure that the study did not keep, ImportError where matplotlib is not installed.
        """
        from ._plot import plot

        return plot(self, figure, theory, ax)

    def report(self, path: str | os.PathLike[str] | None = None) -> str | None:
        """The report: one page of HTML that holds everything. With ``path`` it is written there instead of returned.

        Raises OSError where the file cannot be written.
        """
        page = self._results.page()
        if path is None:
            return page
        Path(path).write_text(page, encoding="utf-8")
        return None

    def save(self, path: str | os.PathLike[str], force: bool = False) -> Study:
        """Copies the study to a directory, which appears when all of it is there, and returns the study there.

        Raises ValueError where something is there already that ``force`` does not replace, as only a study is replaced;
        OSError where files cannot be copied.
        """
        target = Path(os.path.abspath(path))
        if target == self.path:
            raise ValueError(f"{path}: is the study's own directory, expected another one")
        is_there = target.exists() and (not target.is_dir() or any(target.iterdir()))
        if is_there and not force:
            raise ValueError(f"{path}: exists already, and is replaced only by `force=True`")
        if is_there and not (target / "study.toml").is_file():
            raise ValueError(f"{path}: not replaced, as it holds no study")
        with tempfile.TemporaryDirectory(prefix=".sparsegrok-", dir=target.parent) as folder:
            shutil.copytree(self.path, Path(folder, "new"))
            if target.exists():
                os.rename(target, Path(folder, "old"))
            os.rename(Path(folder, "new"), target)
        return Study(target, notes=self.notes)

    def __repr__(self) -> str:
        from ._html import headline

        return f"<Study {self.path}: {headline(self)}>"

    def _repr_html_(self) -> str:
        from ._html import study_page

        return study_page(self)


def study(
    preset: str | None = None,
    *,
    seeds: int | range | str = 8,
    vary: Mapping[str, Spaced | Iterable[Any]] | None = None,
    out: str | os.PathLike[str] | None = None,
    resume: bool = False,
    force: bool = False,
    shard: str | None = None,
    shards: int | None = None,
    executor: Executor | None = None,
    scratch: str | os.PathLike[str] | None = None,
    progress: bool | Progress | None = None,
    **settings: Unpack[Settings],
) -> Study:
    """Trains a study: many seeds of each cell of a grid of settings.

    - ``preset``: a named configuration (:func:`presets`) that ``settings`` build on.
    - ``seeds``: a number N, which stands for 0 to N − 1; a range; ``"A..B"``, which leaves out B; or ``"auto"``, which
      adds seeds until the setting ``until`` holds.
    - ``vary``: the axes of the grid: ``{"weight_decay": log(2e-5, 1e-3, 8), "init": ["gaussian", "zero"]}``. The first
      changes slowest.
    - ``out``: the directory that the study is written to; without one it lives as long as the result. ``resume`` goes
      on with an unfinished study there, or returns a finished one, and begins one where there is none. ``force``
      replaces an earlier study, and goes ahead where memory may not suffice.
    - ``shard``: ``"I/K"`` trains every K-th group of eight seeds alone, from the I-th on; :func:`merge` makes the whole.
    - ``shards``: divide the study into so many jobs, for the workers of ``executor``, any of ``concurrent.futures``, or
      without one of the joblib backend that is active (``joblib.parallel_config``). Each job takes one thread, unless
      the setting ``threads`` says otherwise. Shards come back as bytes; or, in ``scratch``, a folder that all workers
      share, they stay: what a worker that died had kept there is gone on with, and a second call trains no finished
      shard again.
    - ``progress``: by default it is shown on a terminal and in a notebook. A function is told runs done, runs planned
      and runs that grokked.
    - ``settings``: any setting (:class:`Settings`, :func:`settings`); None stands for the default.

    The results have the bytes of the command's, whatever the machine and the number of threads. Other Python threads
    go on meanwhile. Ctrl-C stops it in order: what is finished is kept in ``out``.

    Raises ValueError for settings that are unknown, out of range or without effect, and for a directory that holds
    something else; OSError where the machine fails; :class:`Diverged` where all runs diverged.
    """
    if resume and out is None:
        raise ValueError("`resume` without `out`: expected the directory of the study to go on with")
    given = [("seeds", seeds_text(seeds)), *texts(settings)]
    grid = axes(vary)
    if shards is not None:
        if shard is not None or resume:
            raise ValueError("`shards` beside `shard` or `resume`: expected one of them; `scratch` keeps finished shards")
        return _sharded(Job(preset, given, grid, "", None), shards, executor, scratch, out, force)
    if executor is not None or scratch is not None:
        raise ValueError("`executor` and `scratch` are for `shards`, expected their number too")

    def train(path: Path) -> None:
        with shown(progress) as tell:
            _native.study(path, preset, given, grid, shard, force, resume, tell)

    try:
        return into(out, train)
    except KeyboardInterrupt:
        if out is None:
            raise
        raise KeyboardInterrupt(f"{out}: what is finished is kept, and `resume=True` goes on") from None


def _sharded(
    job: Job,
    shards: int,
    executor: Executor | None,
    scratch: str | os.PathLike[str] | None,
    out: str | os.PathLike[str] | None,
    force: bool,
) -> Study:
    if shards < 1:
        raise ValueError(f"`shards` is {shards}, expected at least 1")
    if not any(key == "threads" for key, _ in job.given):
        job = replace(job, given=[*job.given, ("threads", "1")])
    with tempfile.TemporaryDirectory(prefix="sparsegrok-") as own:
        folder = Path(own if scratch is None else os.path.abspath(scratch))
        paths = trained(job, shards, folder, scratch is not None, executor)
        return into(out, lambda path: _native.merge(paths, path, False, force))


def load(path: str | os.PathLike[str]) -> Study:
    """Reads the directory of a study, whole or as far as it came when it was interrupted.

    Raises ValueError where it holds none, OSError where a file cannot be read.
    """
    return Study(path)


def merge(
    shards: Iterable[Study | str | os.PathLike[str]],
    *,
    out: str | os.PathLike[str] | None = None,
    partial: bool = False,
    force: bool = False,
) -> Study:
    """Merges the shards of a study, in any order, to the bytes of the undivided study's tables.

    ``partial`` merges what there is, though runs are missing; ``out`` and ``force`` are as those of :func:`study`.

    Raises ValueError where shards are of different studies, there twice, or missing.
    """
    paths = [_path_of(shard) for shard in shards]
    return into(out, lambda path: _native.merge(paths, path, partial, force))


def tables(
    study: Study | str | os.PathLike[str],
    *,
    out: str | os.PathLike[str] | None = None,
    force: bool = False,
    **thresholds: Any,
) -> Study:
    """Judges a study by other thresholds, without training: ``tables(s, gen_threshold=0.8)``.

    Thresholds are ``mem_figure``, ``mem_threshold``, ``gen_figure``, ``gen_threshold``, ``persistence``, ``crossing``
    and ``delay_ratio``. A new threshold is looked for in the logged evaluations, and its brackets are as wide as these
    are apart.

    Raises ValueError for any other setting.
    """
    given = texts(thresholds)
    return into(out, lambda path: _native.tables(_path_of(study), given, path, force))


def into(out: str | os.PathLike[str] | None, write: Callable[[Path], Iterable[str] | None]) -> Study:
    """The study that ``write`` writes to ``out``, or to a temporary directory that goes with it."""
    if out is not None:
        notes = write(Path(out))
        return Study(out, notes=notes or ())
    folder = tempfile.mkdtemp(prefix="sparsegrok-")
    try:
        path = Path(folder, "study")
        made = Study(path, notes=write(path) or ())
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    weakref.finalize(made, shutil.rmtree, folder, ignore_errors=True)
    return made


def _path_of(study: Study | str | os.PathLike[str]) -> Path:
    return study.path if isinstance(study, Study) else Path(study)
