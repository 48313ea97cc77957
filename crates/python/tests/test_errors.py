"""Mistakes: one sentence, in Python's words."""

import numpy as np
import pytest

import sparsegrok as sg


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: sg.study("grok-a", wieght_decay=1), ValueError, "unknown key `wieght_decay`; did you mean `weight_decay`?"),
        (lambda: sg.study(zzz=1), ValueError, "unknown key `zzz`; `sparsegrok.settings()` lists them"),
        (lambda: sg.study("grok-x"), ValueError, "unknown preset `grok-x`; did you mean `grok-"),
        (lambda: sg.study("grok-a", epochs=0), ValueError, "`epochs` is 0, expected a number of epochs between 1 and 2^32 - 1"),
        (lambda: sg.study("grok-a", epochs=True), ValueError, '`epochs` is "true", expected a whole number'),
        (lambda: sg.study("grok-a", weight_decay=float("nan")), ValueError, "`weight_decay` is NaN"),
        (lambda: sg.study("grok-a", seeds=range(0, 8, 2)), ValueError, "expected a range of step 1"),
        (lambda: sg.study("grok-a", seeds=0), ValueError, "`seeds`"),
        (lambda: sg.study("grok-a", seeds=-1), ValueError, "`seeds`"),
        (lambda: sg.study("grok-a", seeds=10**30), ValueError, "`seeds`"),
        (lambda: sg.study("grok-a", vary={"wieght_decay": [1]}), ValueError, "wieght_decay"),
        (lambda: sg.study("grok-a", vary={"weight_decay": []}), ValueError, "weight_decay"),
        (lambda: sg.study("grok-a", vary={"weight_decay": sg.log(0, 1, 3)}), ValueError, "weight_decay"),
        (lambda: sg.study("grok-a", vary=["weight_decay"]), TypeError, "expected a mapping of keys to values"),
        (lambda: sg.study("grok-a", shard="3/2"), ValueError, "shard"),
        (lambda: sg.study("grok-a", shard="0/2", seeds="auto", until="t_gen:5%"), ValueError, "`until` beside `shard`"),
        (lambda: sg.study("grok-a", resume=True), ValueError, "`resume` without `out`"),
        (lambda: sg.study("grok-a", n_train=10**9), ValueError, "GiB"),
        (lambda: sg.study("grok-a", epochs={1: 2}), TypeError, "is no value of a setting"),
        (lambda: sg.study("grok-a", train="nowhere.svm"), OSError, "nowhere.svm"),
        (lambda: sg.study("grok-a", n_train=8, epochs=2, out="/proc/none/x"), OSError, "/proc/none/x"),
        (lambda: sg.study("grok-a", long_epochs=9), ValueError, "`long_epochs` has no effect on a study"),
        (lambda: sg.explain("grok-a", n_trian=9), ValueError, "did you mean `n_train`?"),
        (lambda: sg.load("nowhere"), ValueError, "nowhere: holds no study"),
        (lambda: sg.merge([]), ValueError, "expected the directories of a study's shards"),
        (lambda: sg.tables("nowhere", gen_threshold=0.5), ValueError, "nowhere: holds no study"),
        (lambda: sg.Table({"a": [1], "b": [1, 2]}), ValueError, "expected one length"),
        (lambda: sg.Table({"a": np.zeros((2, 2))}), ValueError, "a column of 2 dimensions"),
        (lambda: sg.Table({"a": [1]}).where(b=1), ValueError, "no column `b`"),
    ],
)
def test_each_mistake_has_its_sentence(call, error, words):
    with pytest.raises(error) as raised:
        call()
    said = str(raised.value)
    assert words in said, said
    assert "\n" not in said and "--" not in said and "command line" not in said, said


def test_a_study_of_which_all_runs_diverge_says_so(tmp_path):
    settings = {"loss": "squared", "learning_rate": 1e3, "weight_decay": 0, "n_train": 32, "epochs": 100}
    with pytest.raises(sg.Diverged, match="all 3 runs diverged"):
        sg.study("grok-a", seeds=3, out=tmp_path / "s", **settings)
    kept = sg.load(tmp_path / "s")
    assert set(kept.records["status"]) == {"diverged"}
    assert np.isnan(kept.records["t_gen_low"]).all()


def test_a_damaged_log_is_told(tmp_path, grid):
    log = grid.save(tmp_path / "s").path / "runs.log"
    whole = log.read_bytes()
    for broken in (b"", whole[: len(whole) // 2], b"x" * 100, bytes(reversed(whole))):
        log.write_bytes(broken)
        with pytest.raises(ValueError, match="runs.log"):
            sg.load(tmp_path / "s")
