"""Shards of a study on the workers of an engine: joblib's backends, and executors of ``concurrent.futures``."""

from __future__ import annotations

import io
import os
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor, Executor, as_completed
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from . import _native

_FILES = ("runs.log", "study.toml", "manifest.json")
"""The files of a shard that its merging needs."""

_ATTEMPTS = 3
"""Times that joblib is asked, where workers die: it starts others each time."""


@dataclass(frozen=True)
class Job:
    """A shard to be trained, as a worker gets it."""

    preset: str | None
    given: list[tuple[str, str]]
    grid: list[str]
    shard: str
    folder: str | None
    """The shard's directory, where workers share a file system with the caller; else it is returned."""


def train(job: Job) -> bytes | None:
    """Trains a shard in the process that calls it. Returns its directory as an archive, empty if it has no runs; None
    where the directory is shared.
    """
    if job.folder is not None:
        # What an earlier worker left there, finished or not, is gone on with.
        _native.study(Path(job.folder), job.preset, job.given, job.grid, job.shard, False, True, None)
        return None
    with tempfile.TemporaryDirectory(prefix="sparsegrok-") as folder:
        path = Path(folder, "shard")
        _native.study(path, job.preset, job.given, job.grid, job.shard, False, False, None)
        if not path.exists():
            # There are fewer groups of eight seeds than shards.
            return b""
        packed = io.BytesIO()
        with tarfile.open(fileobj=packed, mode="w") as archive:
            for name in _FILES:
                archive.add(path / name, name)
        return packed.getvalue()


def trained(job: Job, shards: int, scratch: Path, is_shared: bool, executor: Executor | None) -> list[Path]:
    """Trains the shards of a study on an engine's workers; returns their directories in ``scratch``.

    Shards that are finished there are not trained again. A worker of joblib's that dies costs its shard's time; a
    broken executor raises its own error, and what is finished stays in ``scratch``.
    """
    paths = {index: scratch / f"shard-{index}-of-{shards}" for index in range(shards)}
    missing = {}
    for index, path in paths.items():
        folder = os.fspath(path) if is_shared else None
        if is_shared or not (path / "study.toml").is_file():
            missing[index] = replace(job, shard=f"{index}/{shards}", folder=folder)
    for attempt in range(_ATTEMPTS):
        try:
            for index, packed in _results(missing, executor):
                if packed:
                    _unpack(packed, paths[index])
                del missing[index]
            break
        except BrokenExecutor:
            # An executor that is broken takes no more work, and only its owner can start another.
            if executor is not None or attempt + 1 == _ATTEMPTS:
                raise
    return [path for path in paths.values() if (path / "study.toml").is_file()]


def _results(jobs: dict[int, Job], executor: Executor | None) -> Iterator[tuple[int, bytes | None]]:
    """The results of jobs with their keys, each as soon as it is there if the engine tells."""
    jobs = dict(jobs)
    if executor is not None:
        futures = {executor.submit(train, job): index for index, job in jobs.items()}
        for future in as_completed(futures):
            yield futures[future], future.result()
        return
    parallel, delayed = _joblib()
    yield from parallel(delayed(_keyed)(index, job) for index, job in jobs.items())


def _keyed(index: int, job: Job) -> tuple[int, bytes | None]:
    return index, train(job)


def _joblib() -> tuple[Callable[[Any], Any], Callable[..., Any]]:
    try:
        from joblib import Parallel, delayed
        from joblib.parallel import get_active_backend
    except ImportError:
        raise ImportError(
            "`shards` without `executor` takes joblib: expected `pip install 'sparsegrok[parallel]'`"
        ) from None
    backend, _ = get_active_backend()
    tells = getattr(backend, "supports_return_generator", False)
    return Parallel(return_as="generator_unordered" if tells else "list"), delayed


def _unpack(packed: bytes, path: Path) -> None:
    """Unpacks a shard's archive; its directory appears when all of it is there."""
    part = path.with_name(path.name + ".part")
    part.mkdir(parents=True, exist_ok=True)
    with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
        for name in _FILES:
            content = archive.extractfile(name)
            assert content is not None, name
            (part / name).write_bytes(content.read())
    os.replace(part, path)
