"""Ctrl-C: in order, and without loss."""

import signal
import subprocess
import sys

import pytest

import sparsegrok as sg
from conftest import contents

SCRIPT = """
import sys
import sparsegrok as sg
tell = lambda runs, planned, grokked: print(runs, flush=True)
sg.study("grok-a", seeds=400, epochs=1500, checkpoint_every="never", out=sys.argv[1], progress=tell, threads=1)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signal")
def test_ctrl_c_keeps_what_is_finished_and_resuming_ends_in_the_same_bytes(tmp_path):
    out = tmp_path / "stopped"
    process = subprocess.Popen(
        [sys.executable, "-c", SCRIPT, str(out)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert int(process.stdout.readline()) > 0
    process.send_signal(signal.SIGINT)
    _, error = process.communicate(timeout=60)
    assert process.returncode != 0
    assert "KeyboardInterrupt" in error and "`resume=True` goes on" in error, error
    part = sg.load(out)
    assert 0 < part.records.rows < 400
    assert "of 400 planned runs are there" in repr(part)
    settings = {"seeds": 400, "epochs": 1500}
    whole = sg.study("grok-a", out=out, resume=True, **settings)
    assert contents(whole.path) == contents(sg.study("grok-a", **settings).path)
    assert not (out / "unfinished").exists()
