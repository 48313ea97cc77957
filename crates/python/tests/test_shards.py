"""Shards on engines: the bytes of the local study, whatever happens to workers."""

from __future__ import annotations

import os
import signal
import threading
import time
from concurrent.futures import BrokenExecutor, ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pytest
import sparsegrok as sg

SETTINGS = {"n_train": 64, "n_test": 20, "epochs": 400, "eval_points": 8, "vary": {"weight_decay": [1e-4, 1e-3]}}
FILES = ["records.csv", "curves.csv", "traces.csv", "summary.json"]


def contents(study):
    return [Path(study.path, name).read_bytes() for name in FILES]


def sharded(shards=5, **engine):
    return sg.study("grok-a", seeds=20, shards=shards, **engine, **SETTINGS)


@pytest.fixture(scope="module")
def local():
    return contents(sg.study("grok-a", seeds=20, **SETTINGS))


def test_in_this_process(local):
    pytest.importorskip("joblib")
    assert contents(sharded()) == local


def test_on_loky(local, tmp_path):
    joblib = pytest.importorskip("joblib")
    with joblib.parallel_config(backend="loky", n_jobs=2):
        assert contents(sharded()) == local
        assert contents(sharded(scratch=tmp_path)) == local


def test_on_a_process_pool(local):
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        assert contents(sharded(executor=pool)) == local


def test_finished_shards_are_not_trained_again(local, tmp_path):
    pytest.importorskip("joblib")
    assert contents(sharded(scratch=tmp_path)) == local
    logs = sorted(tmp_path.glob("shard-*/runs.log"))
    assert len(logs) == 5
    before = [log.stat().st_mtime_ns for log in logs]
    assert contents(sharded(scratch=tmp_path)) == local
    assert [log.stat().st_mtime_ns for log in logs] == before


def kill_a_worker(alive):
    """Kills one of the processes that ``alive`` lists, as soon as there is one."""

    def kill():
        for _ in range(400):
            time.sleep(0.02)
            pids = alive()
            if pids:
                time.sleep(0.1)
                os.kill(pids[0], signal.SIGKILL)
                return

    thread = threading.Thread(target=kill)
    thread.start()
    return thread


LONG = {"n_train": 256, "n_test": 0, "epochs": 3000, "eval_points": 8}


def long(**engine):
    return sg.study("grok-a", seeds=64, shards=8, **engine, **LONG)


@pytest.fixture(scope="module")
def local_long():
    return contents(sg.study("grok-a", seeds=64, **LONG))


def test_a_worker_of_loky_that_dies_costs_its_shards_time(local_long, tmp_path):
    joblib = pytest.importorskip("joblib")
    loky = pytest.importorskip("joblib.externals.loky")

    def workers():
        executor = loky.reusable_executor._executor
        return list(executor._processes or {}) if executor is not None else []

    with joblib.parallel_config(backend="loky", n_jobs=2):
        killer = kill_a_worker(workers)
        study = long(scratch=tmp_path)
        killer.join()
    assert contents(study) == local_long


def test_a_pool_that_breaks_leaves_finished_shards(local_long, tmp_path):
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        killer = kill_a_worker(lambda: list(pool._processes or {}))
        with pytest.raises(BrokenExecutor):
            long(executor=pool, scratch=tmp_path)
        killer.join()
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        assert contents(long(executor=pool, scratch=tmp_path)) == local_long


@pytest.mark.filterwarnings("ignore")
def test_a_worker_of_dask_that_dies_costs_its_shards_time(local_long):
    distributed = pytest.importorskip("distributed")
    with (
        distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster,
        distributed.Client(cluster) as client,
    ):
        pids = list(client.run(os.getpid).values())
        killer = kill_a_worker(lambda: pids)
        study = long(executor=client.get_executor())
        killer.join()
    assert contents(study) == local_long


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"shards": 0}, "`shards` is 0"),
        ({"shards": 2, "shard": "0/2"}, "`shards` beside `shard`"),
        ({"scratch": "there"}, "are for `shards`"),
    ],
)
def test_what_makes_no_sense_is_refused(asked, said):
    with pytest.raises(ValueError, match=said):
        sg.study("grok-a", seeds=8, **asked, **SETTINGS)


def test_more_shards_than_groups(local):
    pytest.importorskip("joblib")
    assert contents(sharded(shards=50)) == local
