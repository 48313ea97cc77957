"""The package: without what is optional, and with its types."""

import subprocess
import sys
from pathlib import Path

WITHOUT = """
import sys

class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in ("pandas", "polars", "matplotlib", "pyarrow", "tqdm", "sklearn", "IPython", "joblib"):
            raise ImportError(name)

sys.meta_path.insert(0, Blocked())
import sparsegrok as sg
from sparsegrok import *
assert "SparseSGDClassifier" in dir(sg) and not hasattr(sg, "SparseSGD")
for name in ("SparseSGDClassifier", "SparseSGDRegressor"):
    try:
        getattr(sg, name)
    except ImportError as error:
        assert "take scikit-learn 1.6 or later" in str(error) and "pip install 'sparsegrok[sklearn]'" in str(error)
    else:
        raise AssertionError(name)
s = sg.study("grok-a", seeds=2, n_train=16, epochs=20, progress=True)
page = s._repr_html_()
assert "<table>" in page and "<img" not in page
for call in (s.plot, s.records.to_pandas, s.records.__arrow_c_stream__):
    try:
        call()
    except ImportError as error:
        raised = error
        continue
    raise AssertionError(call)
assert str(raised) == (
    "a table goes out as Arrow's stream by pyarrow or polars: expected `pip install 'sparsegrok[arrow]'`"
)
print(s.records["status"][0])
"""

TYPED = """
import numpy as np
import sparsegrok as sg

s: sg.Study = sg.study("grok-a", seeds=range(8), vary={"weight_decay": sg.log(1e-5, 1e-4, 3)}, n_train=16)
times: np.ndarray = s.records["t_gen"]
sg.explain("grok-a", loss="squared")
sg.explain(s)
model: sg.SparseSGDClassifier = sg.SparseSGDClassifier("hinge", epochs=3).fit(np.eye(2), [0, 1])
models: list[sg.SparseSGDRegressor] = sg.SparseSGDRegressor().fit_seeds(np.eye(2), [0, 1], range(8))
"""


def test_nothing_optional_is_needed():
    done = subprocess.run([sys.executable, "-W", "error", "-c", WITHOUT], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stderr.strip() == "2 of 2 runs, 0 grokked"


def test_types_hold(tmp_path):
    def check(*words: object) -> str:
        command = [sys.executable, "-m", "mypy", "--cache-dir", str(tmp_path / "cache"), *map(str, words)]
        return subprocess.run(command, capture_output=True, text=True, cwd=tmp_path).stdout

    settings = Path(__file__).parents[1] / "pyproject.toml"
    assert "Success" in (said := check("--config-file", settings, "-p", "sparsegrok")), said
    (tmp_path / "good.py").write_text(TYPED)
    assert "Success" in (said := check("good.py")), said
    for wrong in (
        'sg.study("grok-a", wieght_decay=1)',
        'sg.study("grok-a", loss="cubic")',
        "sg.explain(epochs=0.5)",
        'sg.explain(sg.load("decay"), epochs=9)',
        "sg.SparseSGDClassifier(wieght_decay=1)",
        "sg.SparseSGD()",
    ):
        (tmp_path / "wrong.py").write_text(f"import sparsegrok as sg\n{wrong}\n")
        assert "Found 1 error" in (said := check("wrong.py")), said
