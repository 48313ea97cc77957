"""Charts, for which matplotlib must be installed."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from ._study import Study

MOST_CELLS = 12
"""Most lines of a chart: more cannot be told apart."""


def plot(study: Study, figure: str, theory: bool, ax: Axes | None) -> Axes:
    """Draws a figure by epoch, as :meth:`Study.plot` says."""
    curves = study.curves
    if f"{figure}_q50" not in curves:
        kept = [name.removesuffix("_q50") for name in curves if name.endswith("_q50")]
        raise ValueError(f"`{figure}` was not kept: expected one of {', '.join(kept)}")
    if ax is None:
        from matplotlib import pyplot

        ax = pyplot.figure(figsize=(7, 4), layout="constrained").add_subplot()
    cells = list(study.cells.items())
    has_theory = theory and figure in ("population_acc", "test_acc")
    dashed = False
    for cell, name in cells[:MOST_CELLS]:
        of_cell = curves.where(cell=cell)
        # Epoch 0, the model before its first step, has no place on a logarithmic axis.
        later = of_cell["epoch"] > 0
        epochs = of_cell["epoch"][later]
        low, middle, high = (of_cell[f"{figure}_{part}"][later] for part in ("q25", "q50", "q75"))
        (line,) = ax.plot(epochs, middle, label=name or "median of runs")
        ax.fill_between(epochs, low, high, color=line.get_color(), alpha=0.2, linewidth=0)
        predicted = study._results.predicted_accuracy(cell, epochs.astype(float)) if has_theory else None
        if predicted is not None:
            ax.plot(epochs, predicted, color=line.get_color(), linestyle="--")
            dashed = True
    if dashed:
        ax.plot([], [], color="gray", linestyle="--", label="theory")
    ax.set_xscale("log")
    ax.set_xlabel("epoch")
    ax.set_ylabel(figure)
    if len(cells) > MOST_CELLS:
        ax.set_title(f"the first {MOST_CELLS} of {len(cells)} cells", fontsize="medium")
    ax.legend(fontsize="small")
    return ax
