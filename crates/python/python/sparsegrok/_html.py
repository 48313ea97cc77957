"""Studies and tables in notebooks, with numbers as the report writes them. Whatever comes from a study is escaped."""

from __future__ import annotations

import base64
import io
import math
from html import escape
from typing import TYPE_CHECKING, Any

from . import _native

if TYPE_CHECKING:
    from ._study import Study
    from ._table import Table

MOST_ROWS = 20
"""Most rows of a table that are shown."""


def headline(study: Study) -> str:
    """How many runs grokked, and how many there are."""
    cells = study.summary["cells"]
    grokked = sum(cell["status"].get("grokked", 0) for cell in cells)
    runs, planned = study._results.counts()
    words = f"{grokked} of {runs} runs grokked"
    if len(cells) > 1:
        words += f", in {len(cells)} cells"
    if runs < planned:
        words += f"; {runs} of {planned} planned runs are there"
    return words


def study_page(study: Study) -> str:
    """The headline, a table of cells, a chart if matplotlib is there, cautions and notes."""
    cells = study.summary["cells"]
    axes = list(study.axes)
    names = [*axes, "runs", "grok rate, %", "T_mem", "T_gen", "theory", "delay"]
    rows = [
        [
            *(_text(cell["varied"].get(key)) for key in axes),
            str(cell["runs"]),
            _rate(cell["grok_rate"]),
            _time(cell["t_mem"]),
            _time(cell["t_gen"]),
            _text((cell["prediction"] or {}).get("t_gen")),
            _time(cell["delay_ratio"]),
        ]
        for cell in cells[:MOST_ROWS]
    ]
    parts = [f"<p><strong>{escape(headline(study))}</strong></p>", _table(names, rows)]
    if len(cells) > MOST_ROWS:
        parts.append(f"<p>The first {MOST_ROWS} of {len(cells)} cells.</p>")
    unit = "the time that was logged" if study._results.is_foreign() else "epochs"
    parts.append(f"<p>Medians over runs in {unit}, delay = T_gen / T_mem, intervals of 95 %.</p>")
    picture = _picture(study)
    if picture is not None:
        parts.append(f'<img alt="Figure by epoch, a line a cell" src="data:image/png;base64,{picture}">')
    sentences = [*(f"Caution: {caution}" for caution in study.cautions), *(f"Note: {note}" for note in study.notes)]
    if sentences:
        parts.append("<ul>" + "".join(f"<li>{escape(sentence)}</li>" for sentence in sentences) + "</ul>")
    return "<div>" + "\n".join(parts) + "</div>"


def table_page(table: Table) -> str:
    """The first rows of a table."""
    rows = [[_text(column[row]) for column in table.values()] for row in range(min(table.rows, MOST_ROWS))]
    return f"<div>{_table(list(table), rows)}<p>{table.rows} rows × {len(table)} columns</p></div>"


def _table(names: list[str], rows: list[list[str]]) -> str:
    def row(fields: list[str], tag: str) -> str:
        cells = "".join(f"<{tag}>{escape(field)}</{tag}>" for field in fields)
        return f"<tr>{cells}</tr>"

    body = "".join(row(fields, "td") for fields in rows)
    return f"<table><thead>{row(names, 'th')}</thead><tbody>{body}</tbody></table>"


def _text(value: Any) -> str:
    if isinstance(value, float):
        return _native.number(value)
    return "–" if value is None else str(value)


def _time(times: dict[str, Any]) -> str:
    median, low, high = times["median"], times["low"], times["high"]
    if median is None:
        return f"– ({times['events']} of {times['n']} reached)"
    if low is None and high is None:
        return _native.number(median)
    # An end that is not there is beyond what was observed.
    low, high = (math.inf if end is None else end for end in (low, high))
    return _native.interval(median, low, high)


def _rate(rate: dict[str, Any] | None) -> str:
    if rate is None:
        return "–"
    return _native.interval(*(100 * rate[part] for part in ("estimate", "low", "high")))


def _picture(study: Study) -> str | None:
    """The chart as PNG in base 64; None without matplotlib, or without a figure that tells generalization."""
    try:
        from matplotlib.figure import Figure
    except ImportError:
        return None
    figures = ("population_acc", "test_acc", "test_loss", "train_acc", "train_loss")
    kept = [figure for figure in figures if f"{figure}_q50" in study.curves]
    if not kept:
        return None
    # A figure of its own: the user's, in pyplot, stay as they are.
    figure = Figure(figsize=(7, 4), layout="constrained")
    study.plot(kept[0], theory=True, ax=figure.add_subplot())
    bytes_ = io.BytesIO()
    figure.savefig(bytes_, format="png", dpi=100)
    return base64.b64encode(bytes_.getvalue()).decode("ascii")
