"""The theory's account of a configuration, and the lists of presets and settings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from html import escape
from typing import TYPE_CHECKING, Any, overload

from . import _native
from ._study import Study
from ._table import Table
from ._vary import texts

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from ._settings import Settings


class Explanation(Mapping[str, Any]):
    """The theory's account of a configuration, or of a study; printed, it is the text of the command ``explain``.

    Where there is one configuration and the theory covers it, it has the keys ``groks`` (bool: runs will be called
    grokked), ``because`` (a sentence), ``t_mem``, ``t_gen`` and ``t_loss`` (epochs, None for never; by the last 95 % of the
    fall of the loss is over) and ``conditions`` (bool by name); else it is empty.
    """

    def __init__(self, text: str, found: Mapping[str, Any]) -> None:
        self._text = text
        self._found = dict(found)

    def __getitem__(self, key: str) -> Any:
        return self._found[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._found)

    def __len__(self) -> int:
        return len(self._found)

    def __str__(self) -> str:
        return self._text

    def __repr__(self) -> str:
        return self._text.rstrip("\n")

    def _repr_html_(self) -> str:
        return f"<pre>{escape(self._text)}</pre>"


@overload
def explain(preset: str | None = None, **settings: Unpack[Settings]) -> Explanation: ...
@overload
def explain(study: Study, /) -> Explanation: ...
def explain(preset: str | Study | None = None, **settings: Unpack[Settings]) -> Explanation:
    """Predicts if a configuration groks, and when, and gives the reason. Nothing is trained.

    - ``preset``, ``settings``: the configuration, as those of :func:`study`.
    - ``study``: a study instead: the text sets what is predicted beside what was measured, cell by cell. Of a grid,
      which has no configuration of its own, it is all there is; a study of one cell has the keys too.

    Raises ValueError for settings that are unknown, out of range or without effect, and for any beside a study, which
    has its own.

    Source: docs/science.md derives the closed forms.
    """
    if isinstance(preset, Study):
        if settings:
            raise ValueError(f"{preset.path} has its own configuration: expected no settings beside it")
        found = preset._results.explain()
    else:
        found = _native.explain(preset, texts(settings))
    return Explanation(found.pop("text"), found)


def presets() -> dict[str, str]:
    """The presets: what each shows, by its name."""
    return _native.presets()


def settings() -> Table:
    """All settings of all commands: ``key``, ``kind`` (of its values), ``default``, ``section`` and ``help``."""
    rows = _native.settings()
    return Table({name: [row[name] for row in rows] for name in rows[0]})
