"""Training: settings, directories, and results with the command's bytes."""

import threading
import time
from pathlib import Path

import numpy as np
import pytest

import sparsegrok as sg
from conftest import GRID, SMALL, contents


def test_a_study_has_the_bytes_of_the_commands(tmp_path, command):
    ours = sg.study("grok-a", seeds=12, vary=GRID, traces="all", out=tmp_path / "ours", n_train=64, epochs=700)
    axes = ["--vary", "weight_decay=0.003,0.004", "--vary", "init=orthogonal,gaussian"]
    rest = ["--traces", "all", "--n-train", 64, "--epochs", 700, "--out", tmp_path / "theirs"]
    command("study", "--preset", "grok-a", "--seeds", 12, *axes, *rest)
    assert contents(ours.path) == contents(tmp_path / "theirs")
    theirs = sg.load(tmp_path / "theirs")
    assert theirs.config == ours.config == (tmp_path / "theirs" / "study.toml").read_text()


def test_networks_have_the_bytes_of_the_commands(tmp_path, command):
    settings = {"modulus": 11, "width": 30, "epochs": 60, "eval_every": 20, "label_noise": 0.3}
    ours = sg.study("unlearn", seeds=3, vary={"weight_decay": [0.0, 15.0]}, out=tmp_path / "ours", **settings)
    flags = [flag for key, value in settings.items() for flag in (f"--{key.replace('_', '-')}", value)]
    axis = ["--vary", "weight_decay=0.0,15.0"]
    command("study", "--preset", "unlearn", "--seeds", 3, *axis, *flags, "--out", tmp_path / "theirs")
    assert contents(ours.path) == contents(tmp_path / "theirs")
    noisy = ours.records["final_train_acc_noisy"]
    assert noisy[:3].mean() > noisy[3:].mean()


def test_columns_are_those_of_the_csv_files(grid):
    import pandas as pd

    for name in ("records", "curves", "traces"):
        table = getattr(grid, name).to_pandas()
        file = pd.read_csv(grid.path / f"{name}.csv", keep_default_na=False, na_values=[""])
        # A column of empty texts has none that a CSV file could tell from missing ones.
        texts = [column for column in table if table[column].dtype.kind not in "ifb"]
        for frame in (table, file):
            frame[texts] = frame[texts].astype(object).fillna("").astype(str)
        pd.testing.assert_frame_equal(table, file, check_dtype=False, check_exact=True)


def test_axes_and_cells(grid):
    assert grid.axes == GRID
    assert grid.cells[1] == "weight_decay=0.003, init=gaussian"
    assert grid.records.where(cell=1, init="gaussian").rows == 12
    assert set(grid.records["weight_decay"]) == {0.003, 0.004}
    spaced = sg.study("grok-a", seeds=1, vary={"weight_decay": sg.log(1e-4, 1e-2, 3)}, n_train=16, epochs=20)
    assert spaced.axes["weight_decay"] == [1e-4, 1e-3, 1e-2]
    even = sg.study("grok-a", seeds=1, vary={"n_train": sg.lin(8, 16, 3)}, epochs=20)
    assert list(even.records["n_train"]) == [8, 12, 16]


def test_values_of_every_kind_are_taken():
    s = sg.study(
        "grok-a",
        seeds=range(2, 4),
        n_train=np.int64(16),
        epochs=2e1,
        weight_decay=np.float64(1e-3),
        bias=False,
        figures=["train_acc", "test_acc"],
        init_norm=None,
    )
    assert list(s.records["seed"]) == [2, 3]
    assert "weight_decay = 0.001" in s.config
    assert [name for name in s.records if name.startswith("final_")] == ["final_train_acc", "final_test_acc"]
    assert sg.study("grok-a", seeds="1..3", n_train=16, epochs=20).records.rows == 2


def test_seeds_are_added_until_they_suffice():
    s = sg.study("grok-a", seeds="auto", until="grok_rate:8%", n_train=64, epochs=500)
    assert s.records.rows >= 64


def test_saved_loaded_and_merged_studies_are_the_same(tmp_path, grid):
    saved = grid.save(tmp_path / "saved")
    assert contents(saved.path) == contents(grid.path)
    assert contents(sg.load(tmp_path / "saved").path) == contents(grid.path)
    with pytest.raises(ValueError, match="exists already"):
        grid.save(tmp_path / "saved")
    grid.save(tmp_path / "saved", force=True)
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "file").touch()
    with pytest.raises(ValueError, match="holds no study"):
        grid.save(tmp_path / "other", force=True)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["other", "saved"]

    settings = SMALL | {"traces": "all"}
    shards = [sg.study("grok-a", seeds=12, vary=GRID, shard=f"{i}/2", **settings) for i in (1, 0)]
    assert contents(sg.merge(shards).path) == contents(grid.path)
    with pytest.raises(ValueError, match=r"shard 0/2 missing: expected all of them, or `partial=True`"):
        sg.merge(shards[:1])
    assert "planned runs are there" in repr(sg.merge(shards[:1], partial=True))


def test_a_temporary_study_goes_with_its_object():
    s = sg.study("grok-a", seeds=1, n_train=16, epochs=20)
    path = s.path
    assert path.is_dir()
    del s
    assert not path.exists() and not path.parent.exists()


def test_a_finished_study_is_resumed_as_it_is(tmp_path):
    def run(**settings):
        return sg.study("grok-a", out=tmp_path / "s", resume=True, n_train=16, **{"epochs": 20, "seeds": 2} | settings)

    first = run()
    log = (first.path / "runs.log").stat()
    assert contents(run(threads=1).path) == contents(first.path)
    assert (first.path / "runs.log").stat().st_mtime_ns == log.st_mtime_ns
    with pytest.raises(ValueError, match=r"`epochs` is 30, expected 20, with which this was begun"):
        run(epochs=30)
    with pytest.raises(ValueError, match="seeds"):
        run(seeds=3)
    with pytest.raises(ValueError, match="`shard` is 0/2, expected not set"):
        run(shard="0/2")
    with pytest.raises(ValueError, match="exists already"):
        sg.study("grok-a", out=tmp_path / "s", n_train=16, epochs=20)
    assert sg.study("grok-a", out=tmp_path / "s", n_train=16, epochs=20, seeds=3, force=True).records.rows == 3


def test_other_threads_go_on_meanwhile():
    counted = []
    stop = threading.Event()

    def count():
        while not stop.is_set():
            counted.append(time.perf_counter())
            time.sleep(0.001)

    thread = threading.Thread(target=count)
    thread.start()
    begin = time.perf_counter()
    sg.study("grok-a", seeds=24, epochs=3000)
    took = time.perf_counter() - begin
    stop.set()
    thread.join()
    meanwhile = [at for at in counted if begin < at < begin + took]
    # With the lock held it would have counted in the first moment and in the last alone.
    gaps = np.diff([begin, *meanwhile, begin + took])
    assert gaps.max() < 0.5 * took, (gaps.max(), took)


def test_progress_is_told(capsys):
    told = []
    sg.study("grok-a", seeds=24, n_train=16, epochs=20, progress=lambda *numbers: told.append(numbers))
    assert told[-1][:2] == (24, 24)
    assert all(one[0] <= next[0] for one, next in zip(told, told[1:]))
    assert capsys.readouterr().err == ""
    sg.study("grok-a", seeds=8, n_train=16, epochs=20, progress=True)
    assert "8/8" in capsys.readouterr().err

    def fails(*numbers):
        raise RuntimeError("seen enough")

    with pytest.raises(RuntimeError, match="seen enough"):
        sg.study("grok-a", seeds=24, n_train=16, epochs=20, progress=fails)


def test_tables_under_other_thresholds(grid, tmp_path):
    lower = sg.tables(grid, gen_threshold=0.6, out=tmp_path / "lower")
    reached = ~np.isnan(grid.records["t_gen"])
    assert (lower.records["t_gen"][reached] < grid.records["t_gen"][reached]).all() and reached.any()
    assert "gen_threshold = 0.6" in Path(tmp_path / "lower" / "study.toml").read_text()
    with pytest.raises(ValueError, match="`epochs` was settled when"):
        sg.tables(grid, epochs=10)
    with pytest.raises(ValueError, match="did you mean `gen_threshold`"):
        sg.tables(grid, gen_treshold=0.6)
