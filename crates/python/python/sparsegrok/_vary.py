"""Values as the texts that settings are read from, and the axes of a grid."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Spaced:
    """The values of an axis, evenly spaced from ``low`` to ``high``, by difference or by ratio."""

    kind: str
    low: float
    high: float
    count: int

    def __str__(self) -> str:
        return f"{self.kind}:{text(self.low)}:{text(self.high)}:{text(self.count)}"


def log(low: float, high: float, count: int) -> Spaced:
    """``count`` values from ``low`` to ``high``, both included, with one ratio from each to the next.

    It stands for an axis of :func:`study`, which raises ValueError unless 0 < ``low`` < ``high`` and ``count`` ≥ 2.
    """
    return Spaced("log", low, high, count)


def lin(low: float, high: float, count: int) -> Spaced:
    """``count`` values from ``low`` to ``high``, both included, with one difference from each to the next.

    It stands for an axis of :func:`study`, which raises ValueError unless ``low`` < ``high`` and ``count`` ≥ 2.
    """
    return Spaced("lin", low, high, count)


def text(value: Any) -> str:
    """The text of a setting's value.

    Raises TypeError for what is no value of a setting.
    """
    # Scalars and arrays of NumPy are told as Python's.
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (str, int)):
        return str(value)
    if isinstance(value, float):
        return repr(value)
    if isinstance(value, os.PathLike):
        return os.fsdecode(value)
    if isinstance(value, Iterable) and not isinstance(value, (bytes, Mapping)):
        return ",".join(text(item) for item in value)
    raise TypeError(f"{value!r} is no value of a setting: expected a number, a text, a path or a list of them")


def texts(settings: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The texts of settings by their keys; those that are None are left out."""
    return [(key, text(value)) for key, value in settings.items() if value is not None]


def axes(vary: Mapping[str, Spaced | Iterable[Any]] | None) -> list[str]:
    """The axes of a grid as texts, such as ``weight_decay=1e-05,0.0001``.

    Raises TypeError where ``vary`` is no mapping of keys to values.
    """
    if vary is None:
        return []
    if not isinstance(vary, Mapping):
        raise TypeError(f'vary is {vary!r}: expected a mapping of keys to values, as {{"weight_decay": [1e-5, 1e-4]}}')
    return [f"{key}={values if isinstance(values, Spaced) else text(values)}" for key, values in vary.items()]


def seeds_text(seeds: int | range | str) -> str:
    """The text of a study's seeds.

    Raises ValueError for a range whose step is not 1, TypeError as :func:`text`.
    """
    if isinstance(seeds, range):
        if seeds.step != 1:
            raise ValueError(f"`seeds` is {seeds!r}, expected a range of step 1")
        return f"{seeds.start}..{seeds.stop}"
    return text(seeds)
