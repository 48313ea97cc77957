"""Results: tables, times, charts and pages."""

import sys

import numpy as np
import pytest

import sparsegrok as sg


def kaplan_meier(times, observed):
    """The estimate as its definition has it."""
    survival, curve = 1.0, []
    for time in np.unique(times[observed]):
        at_risk = (times >= time).sum()
        survival *= 1 - (observed & (times == time)).sum() / at_risk
        curve.append((time, survival))
    return np.array(curve).T


def test_survival_is_as_defined(grid):
    estimates = grid.km("t_gen", by="weight_decay")
    assert list(estimates) == [0.003, 0.004]
    for value, estimate in estimates.items():
        rows = grid.records.where(weight_decay=value)
        observed = ~np.isnan(rows["t_gen"])
        times = np.where(observed, rows["t_gen"], rows["t_gen_low"])
        expected = kaplan_meier(times, observed)
        np.testing.assert_array_equal(estimate["time"], expected[0])
        np.testing.assert_allclose(estimate["survival"], expected[1], rtol=1e-12)
        assert (estimate["low"] <= estimate["survival"]).all() and (estimate["survival"] <= estimate["high"]).all()
    assert any(np.isnan(grid.records.where(cell=cell)["t_gen"]).any() for cell in grid.cells), "none is censored"
    for cell, estimate in grid.km().items():
        median = grid.summary["cells"][cell]["t_gen"]["median"]
        below = estimate["time"][estimate["survival"] <= 0.5]
        assert (below[0] if len(below) else None) == median
    with pytest.raises(ValueError, match="`t_ge` is no time"):
        grid.km("t_ge")
    with pytest.raises(ValueError, match="`n_train` is no axis of the study: expected one of weight_decay, init"):
        grid.km(by="n_train")


def test_survival_of_known_times():
    # One run generalizes at 2 and one at 3; the third had not by 4.
    rows = [(run, epoch, 1.0, float(at is not None and epoch >= at)) for run, at in enumerate((2, 3, None)) for epoch in range(5)]
    run, epoch, train, test = map(np.array, zip(*rows))
    judged = sg.judge({"run": run, "epoch": epoch, "train_acc": train, "test_acc": test}, persistence="1epochs")
    estimate = judged.km()[0]
    assert list(estimate["time"]) == [2, 3]
    np.testing.assert_allclose(estimate["survival"], [2 / 3, 1 / 3], rtol=1e-15)


def test_tables_go_to_other_libraries(grid):
    import pandas as pd
    import polars as pl
    import pyarrow as pa

    table = grid.records
    assert len(table) == len(list(table)) and table.rows == 48
    frame = table.to_pandas()
    assert np.shares_memory(frame["t_gen"].to_numpy(), table["t_gen"])
    assert frame["status"].tolist() == table["status"].tolist()
    polars = table.to_polars()
    np.testing.assert_array_equal(polars["t_gen"].to_numpy(), table["t_gen"])
    arrow = table.to_arrow()
    address = arrow["t_gen"].chunk(0).buffers()[1].address
    assert address == table["t_gen"].__array_interface__["data"][0], "pyarrow copied"
    # NaN equals nothing in pyarrow.
    streamed = pa.table(table)
    assert streamed.schema == arrow.schema
    np.testing.assert_array_equal(streamed["t_gen"].to_numpy(), table["t_gen"])
    assert pl.DataFrame(table).equals(polars)
    assert isinstance(frame, pd.DataFrame)
    with pytest.raises(ValueError, match="read-only"):
        table["t_gen"][0] = 1
    assert "48 rows" in repr(table) and "<td>grokked</td>" in table._repr_html_()


def test_a_study_is_shown(grid):
    assert "of 48 runs grokked, in 4 cells" in repr(grid)
    page = grid._repr_html_()
    assert page.count("<tr>") == 5 and "data:image/png;base64," in page
    assert "<th>weight_decay</th>" in page and "Caution: " in page and "Medians over runs in epochs" in page


def test_numbers_are_shown_as_in_the_report():
    # Six runs that generalize at 23,090 and two that do not.
    rows = [(run, at, 1.0, float(at >= 23090 and run < 6)) for run in range(8) for at in (1, 100, 23089, 23090, 30000)]
    run, epoch, train, test = map(np.array, zip(*rows))
    judged = sg.judge({"run": run, "epoch": epoch, "train_acc": train, "test_acc": test}, persistence="1epochs")
    page = judged._repr_html_()
    assert "<td>23,090 [23,090, ∞]</td>" in page and "in the time that was logged" in page
    assert "<td>75 [41, 93]</td>" in page
    assert "23,090" in judged.report()
    assert "<td>23,090</td>" in judged.records._repr_html_() and "<td>–</td>" in judged.records._repr_html_()


def test_what_a_study_holds_is_escaped():
    evil = "<script>alert(1)</script>"
    names = [evil, "b"]
    columns = {"run": np.repeat(names, 4), "epoch": [0, 1, 2, 3] * 2, "train": [1.0] * 8, "test": [0.0, 0, 1, 1] * 2}
    judged = sg.judge(columns | {evil: np.repeat(names, 4)}, groups=evil, train="train", test="test")
    assert evil not in judged._repr_html_() and "&lt;script&gt;" in judged._repr_html_()
    assert evil not in judged.records._repr_html_()
    assert evil not in judged.report()


def test_a_chart_is_drawn(grid):
    ax = grid.plot("population_acc", theory=True)
    solid = [line for line in ax.lines if line.get_linestyle() == "-"]
    assert len(solid) == 4
    of_cell = grid.curves.where(cell=2)
    np.testing.assert_array_equal(solid[2].get_ydata(), of_cell["population_acc_q50"][of_cell["epoch"] > 0])
    assert grid.plot("train_loss", ax=ax) is ax
    with pytest.raises(ValueError, match="`accuracy` was not kept: expected one of train_acc"):
        grid.plot("accuracy")
    many = sg.study("grok-a", seeds=1, vary={"n_train": sg.lin(8, 20, 13)}, epochs=20)
    ax = many.plot()
    assert len(ax.lines) == 12 and ax.get_title() == "the first 12 of 13 cells"
    from matplotlib import pyplot

    pyplot.close("all")


def test_the_report_is_a_page(grid, tmp_path):
    page = grid.report()
    assert page.lower().startswith("<!doctype html>") and "weight_decay" in page
    assert grid.report(tmp_path / "page.html") is None
    assert (tmp_path / "page.html").read_text(encoding="utf-8") == page


def test_cautions_and_spreads_are_sentences(grid):
    assert grid.cautions and all(isinstance(caution, str) for caution in grid.cautions)
    crossed = sg.study("grok-a", seeds=16, components=["data", "init"], weight_decay=0.003, n_train=64, epochs=700)
    assert crossed.spreads


def test_the_theorys_account(command):
    account = sg.explain("grok-a", n_train=256, epochs=6000)
    assert str(account) == command("explain", "--preset", "grok-a", "--n-train", 256, "--epochs", 6000)
    assert account["groks"] is True and account["t_mem"] < account["t_gen"]
    assert len(account["conditions"]) == 6 and set(account["conditions"].values()) == {True}
    assert account._repr_html_().startswith("<pre>")
    assert not sg.explain("reference-toy").get("groks")


def test_the_theorys_account_beside_a_study(grid, command):
    account = sg.explain(grid)
    assert str(account) == command("explain", grid.path)
    assert "caution: " in str(account) and not account
    one = sg.study("grok-a", seeds=4, n_train=64, epochs=300, weight_decay=0.003)
    account = sg.explain(one)
    assert str(account) == command("explain", one.path) and "T_gen, median" in str(account)
    assert dict(account) == dict(sg.explain("grok-a", n_train=64, epochs=300, weight_decay=0.003))
    judged = sg.explain(sg.judge({"epoch": [1, 2], "train_acc": [0.5, 1], "test_acc": [0.5, 1]}))
    assert not judged and "another program" in str(judged)
    with pytest.raises(ValueError, match="has its own configuration: expected no settings beside it"):
        sg.explain(grid, n_train=9)


def test_presets_and_settings_are_listed():
    assert "grok-a" in sg.presets()
    known = sg.settings()
    assert known.where(key="weight_decay")["help"][0]
    assert set(sg.Settings.__annotations__) <= set(known["key"])
    others = set(known.where(section="Comparison")["key"]) | set(known.where(section="Output")["key"])
    assert set(sg.Settings.__annotations__) == set(known["key"]) - others - {"seeds", "vary"}
    assert sys.modules["sparsegrok"].__version__ == sg.__version__
