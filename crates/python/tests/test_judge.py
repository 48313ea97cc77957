"""Curves of other programs."""

import numpy as np
import pytest

import sparsegrok as sg

TIMES = ("status", "t_mem", "t_mem_low", "t_mem_high", "t_gen", "t_gen_low", "t_gen_high")


def alike(judged, study):
    """Tells if runs that were evaluated after each epoch are judged as they were while they were trained."""
    for name in TIMES:
        np.testing.assert_array_equal(judged.records[name], study.records[name], err_msg=name)


def test_curves_in_memory_are_judged_as_the_studys_own(grid):
    groups = ["weight_decay", "init"]
    for data in (grid.traces, grid.traces.to_pandas(), grid.traces.to_polars(), dict(grid.traces)):
        judged = sg.judge(data, time="epoch", run="seed", groups=groups)
        alike(judged, grid)
        assert judged.axes == grid.axes | {"init": ["orthogonal", "gaussian"]}


def test_curves_in_files_are_judged_as_the_studys_own(grid, tmp_path):
    alike(sg.judge(grid.path / "traces.csv", groups=["weight_decay", "init"]), grid)
    files = []
    for seed in range(12):
        files.append(tmp_path / f"{seed:02}.csv")
        grid.traces.where(cell=0, seed=seed).to_pandas()[["epoch", "train_acc", "population_acc"]].to_csv(files[-1])
    judged = sg.judge(files, out=tmp_path / "judged")
    np.testing.assert_array_equal(judged.records["t_gen"], grid.records.where(cell=0)["t_gen"])
    assert list(judged.records["run"][:2]) == ["00", "01"]
    assert sg.load(tmp_path / "judged").records.rows == 12


def test_columns_are_named_and_thresholds_given(grid):
    frame = grid.traces.where(cell=0).to_pandas()
    frame = frame[["seed", "epoch", "train_acc", "population_acc"]]
    frame.columns = ["trial", "tick", "fit", "held out"]
    frame[["fit", "held out"]] *= 100
    frame["trial"] = frame["trial"].astype("category")
    judged = sg.judge(frame, time="tick", run="trial", train="fit", test="held out", gen_threshold=0.8)
    lower = sg.tables(grid, gen_threshold=0.8, gen_figure="population_acc").records.where(cell=0)
    np.testing.assert_allclose(judged.records["t_gen"], lower["t_gen"])
    assert any("per cent" in note for note in judged.notes), judged.notes
    assert not any("--" in note for note in judged.notes)
    assert "Note: " in judged._repr_html_()


def test_what_curves_do_not_tell_is_among_the_notes():
    never = sg.judge({"step": [1, 10, 20], "test_acc": [0.5, 0.95, 0.95]})
    assert never.notes == (
        "1 run: no figure tells memorization, so the status is undecided: that takes train_acc, or "
        '`mem_figure="train_loss", mem_threshold=LEVEL`',
    )
    early = sg.judge({"step": [0, 900, 1000, 1100], "train_acc": [1.0] * 4, "test_acc": [0.5, 0.5, 1, 1]})
    assert early.notes == (
        "1 run: already memorized at the first evaluation: T_mem is known to be no later, and no more",
    )


def test_what_is_missing_is_left_out():
    test = [0.1, None, 0.95, 0.99]
    judged = sg.judge({"epoch": [0, 1, 2, 3], "train_acc": [1.0, np.nan, 1, 1], "test_acc": test})
    assert judged.records["t_gen_low"][0] == 0 and judged.records["t_gen_high"][0] == 2


@pytest.mark.parametrize(
    ("data", "named", "error", "words"),
    [
        ({"a": [1], "b": [2]}, {}, ValueError, "data: no column of time among `a`, `b`"),
        ({"epoch": [1], "b": [2]}, {}, ValueError, "data: no figure among the columns `epoch`, `b`"),
        ({"epoch": [1, 2], "acc": [1.0]}, {}, ValueError, "column `acc`: 1 values, expected 2, as in the others"),
        ({"epoch": [], "acc": []}, {}, ValueError, "data: an empty table, expected a row for each evaluation"),
        ({}, {}, ValueError, "data: an empty table"),
        ({"epoch": [0.5], "acc": [1.0]}, {}, ValueError, "data: row 0: column `epoch`: found `0.5`"),
        ({"epoch": [1], "acc": ["high"]}, {}, ValueError, "data: row 0: column `acc`: found `high`, expected a number"),
        ({"epoch": [1], "acc": [-1.0]}, {}, ValueError, "expected an accuracy from 0 to 1"),
        ({"epoch": [1], "acc": [1.0]}, {"time": "tick"}, ValueError, "`tick`, as `time=` says"),
        ({"epoch": [1], "acc": [1.0]}, {"train": "fit"}, ValueError, "fit"),
        ({"epoch": [1], "acc": [[1.0]]}, {}, ValueError, "a column of 2 dimensions"),
        ({"epoch": [1], "acc": [1.0]}, {"accuracies": "much"}, ValueError, "`accuracies` is `much`"),
        ({"epoch": [1], "acc": [1.0]}, {"gen_treshold": 1}, ValueError, "did you mean `gen_threshold`?"),
        ({"epoch": [1], "acc": [1.0]}, {"epochs": 1}, ValueError, "`epochs` judges no curves"),
        ("nowhere.csv", {}, OSError, "nowhere.csv: cannot be read"),
        (7, {}, TypeError, "data of int: expected a DataFrame"),
        ([], {}, TypeError, "data of list"),
    ],
)
def test_each_mistake_has_its_sentence(data, named, error, words):
    with pytest.raises(error) as raised:
        sg.judge(data, **named)
    assert words in str(raised.value), raised.value
    assert "--" not in str(raised.value)
