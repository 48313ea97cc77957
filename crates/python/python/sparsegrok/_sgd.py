"""The common half of the estimators: their settings, and all between scikit-learn's conventions and the engine."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from numbers import Integral, Real
from typing import TYPE_CHECKING, Any

import numpy as np
from joblib import effective_n_jobs
from numpy.typing import NDArray
from scipy.sparse import issparse
from sklearn.base import BaseEstimator, clone, is_classifier
from sklearn.model_selection import train_test_split
from sklearn.utils import check_random_state
from sklearn.utils.extmath import safe_sparse_dot
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data

from . import _native
from ._vary import texts

if TYPE_CHECKING:
    from typing_extensions import Self

Numbers = NDArray[np.float64]

SETTINGS = ("weight_decay", "decay_order", "schedule", "warmup_steps", "batch_size", "order", "bias")
"""The engine's settings that are parameters, besides loss, learning rate and epochs."""

ACTING: dict[str, tuple[str, ...]] = {"inverse-scaling": ("schedule_power",), "step": ("schedule_factor", "schedule_every")}
"""The settings that act under a schedule alone."""

SEEN = ("n_features_in_", "feature_names_in_", "classes_")
"""What models of the same rows have learned alike."""


class SparseSGD(BaseEstimator):
    """The common half of both estimators: settings, rows, randomness, and the call of the engine."""

    coef_: Numbers
    intercept_: Numbers
    memorization_: Numbers
    n_features_in_: int
    n_iter_: int
    t_: int

    def __init__(
        self,
        *,
        learning_rate: float | str = "auto",
        weight_decay: float = 1e-4,
        decay_order: str = "after",
        schedule: str = "inverse-scaling",
        schedule_power: float = 0.25,
        schedule_factor: float = 0.5,
        schedule_every: int = 10,
        warmup_steps: int = 0,
        batch_size: int | str = 1,
        epochs: int = 100,
        order: str = "shuffle",
        bias: bool = True,
        memorize: bool | float = False,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        n_iter_no_change: int = 5,
        tol: float | None = 1e-3,
        random_state: int | np.random.RandomState | None = None,
        warm_start: bool = False,
        n_jobs: int | None = None,
    ) -> None:
        self.learning_rate = learning_rate
        self.weight_decay = weight_decay
        self.decay_order = decay_order
        self.schedule = schedule
        self.schedule_power = schedule_power
        self.schedule_factor = schedule_factor
        self.schedule_every = schedule_every
        self.warmup_steps = warmup_steps
        self.batch_size = batch_size
        self.epochs = epochs
        self.order = order
        self.bias = bias
        self.memorize = memorize
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.n_iter_no_change = n_iter_no_change
        self.tol = tol
        self.random_state = random_state
        self.warm_start = warm_start
        self.n_jobs = n_jobs

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Trains on rows, from the beginning unless ``warm_start`` says otherwise.

        - ``X``: rows of shape (n_samples, n_features), dense or sparse. Compressed sparse rows of 64-bit floats whose
          columns are sorted, of 32 or 64 bits, are read where they lie; ``early_stopping`` copies the rows that it does
          not hold out. All else is converted first.
        - ``y``: targets of shape (n_samples,).
        - ``sample_weight``: weights of at least 0, of shape (n_samples,), by which the rows' gradients are multiplied;
          None for 1 each.

        Other Python threads go on meanwhile, and must not write to ``X``; Ctrl-C ends it after an epoch.

        Raises ValueError for parameters out of range and for data that do not fit, :class:`Diverged` where training
        left the range of numbers. Takes O(epochs · non-zeros) of each binary model.
        """
        self._fit_all([self], X, y, sample_weight)
        return self

    def fit_seeds(self, X: Any, y: Any, seeds: Iterable[int], sample_weight: Any = None) -> list[Self]:
        """Trains a clone for each seed, eight side by side in a processor's lanes where rows are dense.

        Each has the very bits of ``clone(self).set_params(random_state=seed).fit(X, y)``, in the order of ``seeds``.
        Arguments and errors are those of :meth:`fit`. With ``early_stopping`` each holds out other rows, and they are
        trained one after the other.
        """
        models = [clone(self).set_params(random_state=seed) for seed in seeds]
        if self.early_stopping:
            return [model.fit(X, y, sample_weight) for model in models]
        if models:
            models[0]._fit_all(models, X, y, sample_weight)
        return models

    def _fit_all(self, models: Sequence[Self], X: Any, y: Any, sample_weight: Any) -> None:
        """Trains models that differ in their seeds alone; this one is the first of them."""
        goes_on = self.warm_start and hasattr(self, "coef_")
        X, y, sample_weight = self._read(X, y, sample_weight, reset=True)
        self._learn(y, goes_on)
        asked = Asked(X, self._targets(y), self._weights(y, sample_weight))
        rows = np.arange(X.shape[0])
        drawn = [model._draw() for model in models]
        held_out = None
        if self.early_stopping:
            held = self._hold_out(y, sample_weight, drawn[0][1])
            rows = np.delete(rows, held)
            # Classes count by their rows here, whatever weight they have in training.
            plain = None if sample_weight is None else np.broadcast_to(sample_weight, asked.targets.shape)
            held_out = self._search(Asked(X, asked.targets, plain).of(held))
            asked = asked.of(rows)
        begun = self._begun(X, rows, step=0) if goes_on else None
        fitted = self._train(asked, self.epochs, [seed for seed, _ in drawn], begun, held_out)
        coef, own, intercept, epochs, steps = fitted
        seen = {name: getattr(self, name) for name in SEEN if hasattr(self, name)}
        for place, model in enumerate(models):
            model.__dict__.update(seen)
            model.coef_, model.intercept_ = self._shaped(coef[place]), intercept[place]
            model.n_iter_ = int(epochs[place].max())
            model.t_ = model.n_iter_ * steps
            model.__dict__.pop("memorization_", None)
            if self.memorize:
                memorized = np.zeros((own.shape[1], X.shape[0]))
                memorized[:, rows] = own[place]
                model.memorization_ = self._shaped(memorized)

    def _partial_fit(self, X: Any, y: Any, sample_weight: Any) -> Self:
        """Trains an epoch, from the weights there are, if there are any."""
        for key, value in (("memorize", self.memorize), ("early_stopping", self.early_stopping)):
            if value:
                raise ValueError(
                    f"`{key}` is {value!r}, expected False for partial_fit: rows of one call are not those of another"
                )
        if self.schedule == "cosine":
            raise ValueError("`schedule` is cosine, expected another for partial_fit: its end is not known")
        first = not hasattr(self, "coef_")
        X, y, sample_weight = self._read(X, y, sample_weight, reset=first)
        asked = Asked(X, self._targets(y), self._weights(y, sample_weight))
        step = 0 if first else self.t_
        begun = None if first else self._begun(X, np.arange(0), step)
        # Each call has an order of its own, the first one that of a fit.
        seed = (self._draw()[0] + step) % 2**64
        coef, _, intercept, _, steps = self._train(asked, 1, [seed], begun, None)
        self.coef_, self.intercept_ = self._shaped(coef[0]), intercept[0]
        self.n_iter_ = 1
        self.t_ = step + steps
        return self

    def _read(self, X: Any, y: Any, sample_weight: Any, *, reset: bool) -> tuple[Any, Any, Numbers | None]:
        """Rows, targets and weights, checked and in the forms that the engine reads."""
        numeric = not is_classifier(self)
        X, y = validate_data(
            self, X, y, accept_sparse="csr", dtype=np.float64, order="C", y_numeric=numeric, reset=reset
        )
        if issparse(X) and not X.has_canonical_format:
            X = X.copy()
            X.sum_duplicates()
        if sample_weight is not None:
            sample_weight = _check_sample_weight(sample_weight, X, dtype=np.float64)
        return X, y, sample_weight

    def _learn(self, y: Any, goes_on: bool) -> None:
        """Learns from all targets what a model is to tell apart."""

    def _targets(self, y: Any) -> Numbers:
        """Targets by question and row."""
        return np.asarray(y, dtype=np.float64)[np.newaxis]

    def _weights(self, y: Any, sample_weight: Numbers | None) -> Numbers | None:
        """Weights by question and row; None where each row counts once."""
        return None if sample_weight is None else sample_weight[np.newaxis]

    def _draw(self) -> tuple[int, np.random.RandomState]:
        """The seed of the visiting order, and a source of further randomness."""
        source = check_random_state(self.random_state)
        if isinstance(self.random_state, Integral):
            return int(self.random_state), source
        return int(source.randint(np.iinfo(np.int32).max)), source

    def _hold_out(self, y: Any, sample_weight: Numbers | None, source: np.random.RandomState) -> NDArray[np.intp]:
        """The rows that are held out, among those that count."""
        share = self.validation_fraction
        if not (isinstance(share, Real) and 0 < share < 1):
            raise ValueError(f"`validation_fraction` is {share!r}, expected a number between 0 and 1")
        rows = np.arange(len(y)) if sample_weight is None else np.flatnonzero(sample_weight)
        strata = y[rows] if is_classifier(self) else None
        held = train_test_split(rows, test_size=share, random_state=source, stratify=strata)[1]
        return np.sort(held)

    def _search(self, held_out: Asked) -> tuple[Any, int, float]:
        """The terms of early stopping, as the engine takes them."""
        epochs, tol = self.n_iter_no_change, self.tol
        if not (isinstance(epochs, Integral) and epochs >= 1):
            raise ValueError(f"`n_iter_no_change` is {epochs!r}, expected a whole number of at least 1")
        if tol is not None and not (isinstance(tol, Real) and tol >= 0):
            raise ValueError(f"`tol` is {tol!r}, expected None or a number of at least 0")
        return held_out.parts(), int(epochs), -math.inf if tol is None else float(tol)

    def _begun(self, X: Any, rows: NDArray[np.intp], step: int) -> tuple[Numbers, Numbers, Numbers, int]:
        """The weights to begin with: of the memorization columns those of some rows."""
        coef, intercept = (np.asarray(of, dtype=np.float64) for of in (self.coef_, self.intercept_))
        coef = np.atleast_2d(coef)
        if coef.shape[1] != X.shape[1]:
            raise ValueError(f"X has {X.shape[1]} columns, expected {coef.shape[1]} as before, to go on from there")
        own = np.zeros((len(coef), 0))
        if self.memorize and hasattr(self, "memorization_"):
            own = np.atleast_2d(self.memorization_)
            if own.shape[1] != X.shape[0]:
                raise ValueError(f"X has {X.shape[0]} rows, expected the {own.shape[1]} that were memorized before")
            own = own[:, rows]
        return coef, own, intercept, step

    def _train(
        self,
        asked: Asked,
        epochs: int,
        seeds: list[int],
        begun: tuple[Numbers, Numbers, Numbers, int] | None,
        held_out: tuple[Any, int, float] | None,
    ) -> tuple[Numbers, Numbers, Numbers, NDArray[np.uint64], int]:
        """Calls the engine."""
        scale = self.memorize
        if not (isinstance(scale, (bool, np.bool_, Real)) and 0 <= scale < math.inf):
            raise ValueError(f"`memorize` is {scale!r}, expected True, False or a finite number of at least 0")
        keys = SETTINGS + ACTING.get(self.schedule, ())
        chosen = {key: getattr(self, key) for key in keys}
        chosen |= {"loss": self._loss(), "learning_rate": self._rate(asked), "epochs": epochs}
        for key, value in chosen.items():
            if value is None:
                raise ValueError(f"`{key}` is None, expected a value")
        threads = effective_n_jobs(self.n_jobs)
        return _native.fit(texts(chosen), float(scale), threads, asked.parts(), seeds, begun, held_out)

    def _shaped(self, weights: Numbers) -> Numbers:
        """Weights by question and column, as an attribute has them."""
        return weights

    def _loss(self) -> str:
        """The loss of a row."""
        return "squared"

    def _rate(self, asked: Asked) -> Any:
        """The learning rate on some rows."""
        return self.learning_rate

    def _scores(self, X: Any) -> Numbers:
        """Scores by row and question."""
        check_is_fitted(self)
        X = validate_data(self, X, accept_sparse="csr", dtype=np.float64, reset=False)
        scores: Numbers = safe_sparse_dot(X, np.atleast_2d(self.coef_).T, dense_output=True) + self.intercept_
        return scores

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags


@dataclass(frozen=True)
class Asked:
    """Rows, and by question and row their targets and weights."""

    X: Any
    targets: Numbers
    weights: Numbers | None

    def of(self, rows: NDArray[np.intp]) -> Asked:
        """Some of the rows."""
        weights = None if self.weights is None else self.weights[:, rows]
        return Asked(self.X[rows], self.targets[:, rows], weights)

    def parts(self) -> tuple[Any, Numbers, Numbers | None]:
        """The arrays that the engine reads."""
        X = self.X
        if not issparse(X):
            return _plain(X), self.targets, self.weights
        index = np.result_type(X.indptr, X.indices)
        starts, columns = (_plain(part.astype(index, copy=False)) for part in (X.indptr, X.indices))
        return (starts, columns, _plain(X.data), X.shape[1]), self.targets, self.weights


def _plain(array: NDArray[Any]) -> NDArray[Any]:
    """An array itself, unless it has gaps or lies across the boundaries of its numbers."""
    return np.require(array, requirements=["C", "ALIGNED"])
