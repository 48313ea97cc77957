"""Progress of a study: tqdm's bar where it is installed, else a line that is written over."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Progress = Callable[[int, int, int], None]
"""Is told runs done, runs planned and runs that grokked."""


@contextmanager
def shown(progress: bool | Progress | None) -> Iterator[Progress | None]:
    """The function that is told of progress; None where none is to be shown.

    By default, progress is shown on a terminal and in a notebook.
    """
    if callable(progress):
        yield progress
    elif progress or (progress is None and (sys.stderr.isatty() or _in_notebook())):
        bar = _bar()
        try:
            yield bar.tell
        finally:
            bar.close()
    else:
        yield None


def _in_notebook() -> bool:
    # Only a notebook has a kernel; a module that is not loaded cannot run this code.
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    return shell is not None and hasattr(shell, "kernel")


def _bar() -> _Bar | _Line:
    try:
        from tqdm.auto import tqdm
    except ImportError:
        return _Line()
    return _Bar(tqdm(unit="run"))


class _Bar:
    """tqdm's bar."""

    def __init__(self, bar) -> None:  # type: ignore[no-untyped-def]
        self._bar = bar

    def tell(self, runs: int, planned: int, grokked: int) -> None:
        # Studies that add seeds have more runs planned by and by.
        self._bar.total = planned
        self._bar.set_postfix_str(f"{grokked} grokked", refresh=False)
        self._bar.update(runs - self._bar.n)

    def close(self) -> None:
        self._bar.close()


class _Line:
    """A line that is written over."""

    def __init__(self) -> None:
        self._is_written = False

    def tell(self, runs: int, planned: int, grokked: int) -> None:
        self._is_written = True
        sys.stderr.write(f"\r{runs} of {planned} runs, {grokked} grokked")
        sys.stderr.flush()

    def close(self) -> None:
        if self._is_written:
            sys.stderr.write("\n")
