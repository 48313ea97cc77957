"""The time of the estimators beside scikit-learn's, on 200,000 sparse rows, in turns: `python bench_estimators.py`.

Rows have 20 non-zeros in 5,000 columns. An epoch's time is that of a long fit less that of a short one, over the
epochs between, so that checks and copies before the first epoch are left out; the best of all turns counts.
"""

import resource
import time
import warnings
from collections.abc import Callable

import numpy as np
import sparsegrok as sg
from scipy import sparse
from sklearn.linear_model import SGDClassifier

TURNS, SHORT, LONG, MODELS = 5, 2, 12, 8
ROWS, COLUMNS, NONZEROS = 200_000, 5_000, 20
RATE, DECAY = 0.01, 1e-4


def rows() -> tuple[sparse.csr_matrix, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    part = COLUMNS // NONZEROS
    columns = rng.integers(0, part, (ROWS, NONZEROS)) + np.arange(NONZEROS) * part
    starts = np.arange(0, ROWS * NONZEROS + 1, NONZEROS)
    values = rng.standard_normal(ROWS * NONZEROS)
    X = sparse.csr_matrix((values, columns.ravel().astype(np.int32), starts.astype(np.int32)), (ROWS, COLUMNS))
    scores = X @ rng.standard_normal((COLUMNS, MODELS)) + rng.standard_normal((ROWS, MODELS))
    return X, scores[:, 0] > 0, scores.argmax(axis=1)


def scikit_learn(epochs: int, order: str) -> SGDClassifier:
    settings = dict(loss="log_loss", alpha=DECAY, learning_rate="constant", eta0=RATE, tol=None, random_state=0)
    return SGDClassifier(shuffle=order == "shuffle", max_iter=epochs, fit_intercept=False, **settings)


def ours(epochs: int, order: str, n_jobs: int = 1) -> sg.SparseSGDClassifier:
    settings = dict(weight_decay=DECAY, learning_rate=RATE, schedule="constant", bias=False, random_state=0)
    return sg.SparseSGDClassifier(order=order, epochs=epochs, n_jobs=n_jobs, **settings)


def seconds(work: Callable[[], object]) -> float:
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


def peak() -> float:
    """The most memory that the process has taken so far, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    X, y, classes = rows()
    before = peak()
    ours(1, "shuffle").fit(X, y)
    size = (X.data.nbytes + X.indices.nbytes + X.indptr.nbytes) / 2**20
    print(f"rows of {size:.0f} MB; a fit takes {peak() - before:.0f} MB more")
    for order in ("sequential", "shuffle"):
        works = {
            "scikit-learn": lambda epochs: scikit_learn(epochs, order).fit(X, y),
            "ours": lambda epochs: ours(epochs, order).fit(X, y),
            "ours, 8 seeds on all threads, each": lambda epochs: ours(epochs, order, -1).fit_seeds(X, y, range(MODELS)),
            "scikit-learn, 8 classes": lambda epochs: scikit_learn(epochs, order).fit(X, classes),
            "ours, 8 classes": lambda epochs: ours(epochs, order).fit(X, classes),
        }
        best = {name: {SHORT: np.inf, LONG: np.inf} for name in works}
        for _ in range(TURNS):
            for name, work in works.items():
                for epochs in (SHORT, LONG):
                    best[name][epochs] = min(best[name][epochs], seconds(lambda: work(epochs)))
        epoch = {name: (of[LONG] - of[SHORT]) / (LONG - SHORT) for name, of in best.items()}
        epoch["ours, 8 seeds on all threads, each"] /= MODELS
        for name, time_of in epoch.items():
            theirs = epoch["scikit-learn, 8 classes" if "classes" in name else "scikit-learn"]
            print(f"{order}, {name}: {time_of * 1e3:.2f} ms an epoch, {theirs / time_of:.1f} x")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pair = [model.fit(X, y).coef_ for model in (scikit_learn(LONG, "sequential"), ours(LONG, "sequential"))]
    print(f"greatest difference of weights: {np.abs(pair[0] - pair[1]).max():.1e}")


if __name__ == "__main__":
    main()
