"""Estimators of scikit-learn whose models the engine trains."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from numbers import Integral, Real
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from . import _native
from ._vary import texts

try:
    from joblib import effective_n_jobs
    from scipy.sparse import issparse
    from scipy.special import expit, log_expit, softmax
    from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin, clone, is_classifier
    from sklearn.model_selection import train_test_split
    from sklearn.utils import check_random_state
    from sklearn.utils.class_weight import compute_class_weight
    from sklearn.utils.extmath import row_norms, safe_sparse_dot
    from sklearn.utils.metaestimators import available_if
    from sklearn.utils.multiclass import check_classification_targets
    from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data
except ImportError as error:
    raise ImportError(
        f"the estimators take scikit-learn 1.6 or later ({error}): expected `pip install 'sparsegrok[sklearn]'`"
    ) from error

if TYPE_CHECKING:
    from typing_extensions import Self

    Numbers = NDArray[np.float64]

SETTINGS = ("weight_decay", "decay_order", "schedule", "warmup_steps", "batch_size", "order", "bias")
"""The engine's settings that are parameters, besides loss, learning rate and epochs."""

ACTING: dict[str, tuple[str, ...]] = {"inverse-scaling": ("schedule_power",), "step": ("schedule_factor", "schedule_every")}
"""The settings that act under a schedule alone."""

SEEN = ("n_features_in_", "feature_names_in_", "classes_")
"""What models of the same rows have learned alike."""

PARAMETERS = """    weight_decay : float, default=1e-4
        Weight decay λ, of at least 0: the penalty ½λ‖w‖² beside the loss of a row. The intercept is not decayed.

    decay_order : {"after", "before"}, default="after"
        Take the gradient at the old weights, or after decaying them.

    schedule_power : float, default=0.25
        Exponent p of inverse-scaling, of at least 0.

    schedule_factor : float, default=0.5
        Factor γ of the step schedule, above 0 and at most 1.

    schedule_every : int, default=10
        Epochs k between two drops of the step schedule.

    warmup_steps : int, default=0
        Updates over which η first rises from 0.

    batch_size : int or "full", default=1
        Rows per update, whose gradients are averaged; a number, or all of them.

    epochs : int, default=100
        Passes over the training rows; at most so many with ``early_stopping``.

    order : {"shuffle", "sequential", "with-replacement"}, default="shuffle"
        Order in which an epoch visits the rows: a fresh permutation, as they lie, or independent draws.

    bias : bool, default=True
        Train an intercept.

    memorize : bool or float, default=False
        Give each training row a column of its own, of this value α (True: 1), as studies of memorization do. Rows that
        are predicted have none. The columns are implied, and never stored.

    early_stopping : bool, default=False
        Hold out a share of the rows, and end training when the score on them (accuracy of each binary model, or R²;
        rows count by ``sample_weight``) has not improved any more; the weights of the best epoch are kept.

    validation_fraction : float, default=0.1
        Share of the rows that ``early_stopping`` holds out, between 0 and 1.

    n_iter_no_change : int, default=5
        Epochs without improvement after which ``early_stopping`` ends training.

    tol : float or None, default=1e-3
        Least rise above the best score that counts as an improvement; None lets all epochs run.

    random_state : int, RandomState or None, default=None
        Seed of the visiting order, and of the rows held out. The same number gives the same weights to the bit on
        every machine; None and a RandomState draw it.

    warm_start : bool, default=False
        Begin ``fit`` with the weights of the last one, on as many columns and the same classes; schedules begin anew.

    n_jobs : int or None, default=None
        Threads that models are divided among, in groups of eight, as joblib counts them: None is 1, −1 all. Results do
        not depend on it.
"""

ATTRIBUTES = """
    n_iter_ : int
        Epochs trained, those after the best one too; of several binary models the most.

    t_ : int
        Updates made, as schedules count them: since ``fit`` began, or in all calls of ``partial_fit``.

    n_features_in_ : int
        Columns seen.

    feature_names_in_ : ndarray of shape (n_features_in_,)
        Their names, where ``X`` had names that are texts.
"""


class _SparseSGD(BaseEstimator):
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

        - ``X``: rows by columns, dense or sparse. Compressed sparse rows of 64-bit floats whose columns are sorted, of 32
          or 64 bits, are read where they lie; ``early_stopping`` copies the rows that it does not hold out. All else is
          converted first.
        - ``y``: a target a row.
        - ``sample_weight``: a weight of at least 0 a row, by which its gradient is multiplied; None for 1 each.

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
        asked = _Asked(X, self._targets(y), self._weights(y, sample_weight))
        rows = np.arange(X.shape[0])
        drawn = [model._draw() for model in models]
        held_out = None
        if self.early_stopping:
            held = self._hold_out(y, sample_weight, drawn[0][1])
            rows = np.delete(rows, held)
            # Classes count by their rows here, whatever weight they have in training.
            plain = None if sample_weight is None else np.broadcast_to(sample_weight, asked.targets.shape)
            held_out = self._search(_Asked(X, asked.targets, plain).of(held))
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
        asked = _Asked(X, self._targets(y), self._weights(y, sample_weight))
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

    def _search(self, held_out: _Asked) -> tuple[Any, int, float]:
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
        asked: _Asked,
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

    def _rate(self, asked: _Asked) -> Any:
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
class _Asked:
    """Rows, and by question and row their targets and weights."""

    X: Any
    targets: Numbers
    weights: Numbers | None

    def of(self, rows: NDArray[np.intp]) -> _Asked:
        """Some of the rows."""
        weights = None if self.weights is None else self.weights[:, rows]
        return _Asked(self.X[rows], self.targets[:, rows], weights)

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


class SparseSGDClassifier(ClassifierMixin, _SparseSGD):
    __doc__ = f"""A linear classifier, trained by stochastic gradient descent; of more classes each against the rest.

    An update takes O(non-zeros of its rows), and binary models are trained eight side by side in a processor's lanes.
    Without columns of equal scale, training is slow: put a ``StandardScaler`` before it.

    Parameters
    ----------
    loss : {{"logistic", "hinge"}}, default="logistic"
        Loss of a row of label y = ±1 and score z: log(1 + e^(−yz)), or max(0, 1 − yz).

    learning_rate : float, default=0.01
        Learning rate η of the first update, above 0.

    schedule : {{"constant", "inverse-scaling", "step", "cosine"}}, default="constant"
        Change of η from update to update; t counts them from 0: η; η(t+1)^−p; ηγ^⌊epoch/k⌋; ½η(1+cos πt/T).

{PARAMETERS}
    class_weight : dict, "balanced" or None, default=None
        Weight of each class, by which the gradients of its rows are multiplied; of more than two classes only where it
        stands against the rest. ``"balanced"`` stands for n / (number of classes · rows of the class).

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        The classes, ascending.

    coef_ : ndarray of shape (1, n_features) or (n_classes, n_features)
        Coefficients: of two classes for the second, else for each.

    intercept_ : ndarray of shape (1,) or (n_classes,)
        Intercepts; 0 without ``bias``.

    memorization_ : ndarray of shape (1, n_samples) or (n_classes, n_samples)
        Weights of the training rows' own columns, 0 of rows that were held out; with ``memorize`` alone.
{ATTRIBUTES}
    Notes
    -----
    One update over a batch of b rows is w ← (1 − ηλ)w − (η/b) Σ c ∂ℓ/∂w, c being a row's weights. With batches of one
    row and in sequential order it is scikit-learn's ``SGDClassifier`` with ``learning_rate="constant"``.

    References
    ----------
    L. Bottou, "Stochastic Gradient Descent Tricks", in *Neural Networks: Tricks of the Trade*, 2nd ed., 2012.

    B. Zadrozny, C. Elkan, "Transforming classifier scores into accurate multiclass probability estimates", KDD 2002.

    Examples
    --------
    >>> import sparsegrok as sg
    >>> model = sg.SparseSGDClassifier(random_state=0).fit([[-1.0, 0.5], [1.0, -0.2]], ["no", "yes"])
    >>> model.predict([[2.0, 0.0]])
    array(['yes'], dtype='<U3')
    """

    classes_: NDArray[Any]

    def __init__(
        self,
        loss: str = "logistic",
        *,
        learning_rate: float = 0.01,
        weight_decay: float = 1e-4,
        decay_order: str = "after",
        schedule: str = "constant",
        schedule_power: float = 0.25,
        schedule_factor: float = 0.5,
        schedule_every: int = 10,
        warmup_steps: int = 0,
        batch_size: int | str = 1,
        epochs: int = 100,
        order: str = "shuffle",
        bias: bool = True,
        class_weight: dict[Any, float] | str | None = None,
        memorize: bool | float = False,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        n_iter_no_change: int = 5,
        tol: float | None = 1e-3,
        random_state: int | np.random.RandomState | None = None,
        warm_start: bool = False,
        n_jobs: int | None = None,
    ) -> None:
        super().__init__(
            learning_rate=learning_rate,
            weight_decay=weight_decay,
            decay_order=decay_order,
            schedule=schedule,
            schedule_power=schedule_power,
            schedule_factor=schedule_factor,
            schedule_every=schedule_every,
            warmup_steps=warmup_steps,
            batch_size=batch_size,
            epochs=epochs,
            order=order,
            bias=bias,
            memorize=memorize,
            early_stopping=early_stopping,
            validation_fraction=validation_fraction,
            n_iter_no_change=n_iter_no_change,
            tol=tol,
            random_state=random_state,
            warm_start=warm_start,
            n_jobs=n_jobs,
        )
        self.loss = loss
        self.class_weight = class_weight

    def partial_fit(self, X: Any, y: Any, classes: Any = None, sample_weight: Any = None) -> Self:
        """Trains an epoch on rows, from the weights and the update :attr:`t_` that earlier calls came to.

        - ``classes``: all labels that this and later calls may have; the first call needs it.
        - ``X``, ``y``, ``sample_weight``: as those of :meth:`fit`.

        A shuffled order is that of the seed ``random_state + t_``. Sequential calls on the same rows come to what as many
        epochs of ``fit`` do, but for the rounding of the decay.

        Raises ValueError as :meth:`fit`, for a label of no class, and with ``memorize``, ``early_stopping``, the cosine
        schedule or balanced classes, which need all rows; :class:`Diverged` where training left the range of numbers.
        """
        if self.class_weight == "balanced":
            raise ValueError(
                "`class_weight` is balanced, expected weights by class for partial_fit: its rows are not all rows"
            )
        if classes is not None:
            classes = np.unique(classes)
        if not hasattr(self, "coef_"):
            if classes is None:
                raise ValueError("the first call of partial_fit has no `classes`: expected all labels of later calls")
            self.classes_ = _two_or_more(classes)
        elif classes is not None and not np.array_equal(classes, self.classes_):
            raise ValueError(f"`classes` is {classes}, expected {self.classes_} as before")
        return self._partial_fit(X, y, sample_weight)

    def decision_function(self, X: Any) -> Numbers:
        """Scores of rows: of two classes one number a row, above 0 for the second; else by row and class."""
        scores = self._scores(X)
        return scores[:, 0] if scores.shape[1] == 1 else scores

    def predict(self, X: Any) -> NDArray[Any]:
        """The class of each row that scores highest."""
        scores = self.decision_function(X)
        best = (scores > 0).astype(int) if scores.ndim == 1 else scores.argmax(axis=1)
        predicted: NDArray[Any] = self.classes_[best]
        return predicted

    @available_if(lambda self: self._has_probabilities())
    def predict_proba(self, X: Any) -> Numbers:
        """Probabilities by row and class, of logistic loss alone.

        Of more than two classes they are those of each against the rest, divided by their sum.
        """
        scores = self._scores(X)
        if scores.shape[1] == 1:
            return np.hstack([expit(-scores), expit(scores)])
        # The same quotients by their logarithms, as all of a row may be too small for numbers.
        normalised: Numbers = softmax(log_expit(scores), axis=1)
        return normalised

    @available_if(lambda self: self._has_probabilities())
    def predict_log_proba(self, X: Any) -> Numbers:
        """Logarithms of :meth:`predict_proba`."""
        with np.errstate(divide="ignore"):
            logarithms: Numbers = np.log(self.predict_proba(X))
        return logarithms

    def _has_probabilities(self) -> bool:
        if self.loss != "logistic":
            raise AttributeError(f"`loss` is {self.loss}, expected logistic: others have no probabilities")
        return True

    def _loss(self) -> str:
        if self.loss not in ("logistic", "hinge"):
            raise ValueError(f"`loss` is {self.loss!r}, expected logistic or hinge")
        return self.loss

    def _learn(self, y: Any, goes_on: bool) -> None:
        check_classification_targets(y)
        classes = _two_or_more(np.unique(y))
        if goes_on and not np.array_equal(classes, self.classes_):
            raise ValueError(f"y has the classes {classes}, expected {self.classes_} as before, to go on from there")
        self.classes_ = classes

    def _targets(self, y: Any) -> Numbers:
        unknown = np.setdiff1d(y, self.classes_)
        if unknown.size:
            raise ValueError(f"y has the class {unknown.tolist()[0]!r}, expected one of {self.classes_}")
        return np.where(self._is_positive(y), 1.0, -1.0)

    def _is_positive(self, y: Any) -> NDArray[np.bool_]:
        """If a row is of the class that a question asks for."""
        asked = self.classes_[1:] if len(self.classes_) == 2 else self.classes_
        positive: NDArray[np.bool_] = y == asked[:, np.newaxis]
        return positive

    def _weights(self, y: Any, sample_weight: Numbers | None) -> Numbers | None:
        positive = self._is_positive(y)
        if self.class_weight is None:
            return None if sample_weight is None else np.broadcast_to(sample_weight, positive.shape)
        of_classes = compute_class_weight(self.class_weight, classes=self.classes_, y=y)
        # As in scikit-learn: of two classes each has its weight, and the rest of more has none.
        weight, rest = (of_classes[1:], of_classes[0]) if len(of_classes) == 2 else (of_classes, 1.0)
        weights: Numbers = np.where(positive, weight[:, np.newaxis], rest)
        return weights if sample_weight is None else weights * sample_weight


def _two_or_more(classes: NDArray[Any]) -> NDArray[Any]:
    if len(classes) < 2:
        raise ValueError(f"{len(classes)} class, expected labels of 2 classes or more")
    return classes


class SparseSGDRegressor(RegressorMixin, _SparseSGD):
    __doc__ = f"""A linear regressor under squared loss ½(z − y)², trained by stochastic gradient descent.

    An update takes O(non-zeros of its rows). Without columns of equal scale, training is slow: put a
    ``StandardScaler`` before it.

    Parameters
    ----------
    learning_rate : float or "auto", default="auto"
        Learning rate η of the first update, above 0. ``"auto"`` is 0.01 or, where this is less, 1 over the largest
        c(‖x‖² + α² + 1) of the rows: an update then never goes beyond the row's target, and nothing diverges.

    schedule : {{"inverse-scaling", "constant", "step", "cosine"}}, default="inverse-scaling"
        Change of η from update to update; t counts them from 0: η(t+1)^−p; η; ηγ^⌊epoch/k⌋; ½η(1+cos πt/T).

{PARAMETERS}
    Attributes
    ----------
    coef_ : ndarray of shape (n_features,)
        Coefficients.

    intercept_ : ndarray of shape (1,)
        Intercept; 0 without ``bias``.

    memorization_ : ndarray of shape (n_samples,)
        Weights of the training rows' own columns, 0 of rows that were held out; with ``memorize`` alone.
{ATTRIBUTES}
    Notes
    -----
    One update over a batch of b rows is w ← (1 − ηλ)w − (η/b) Σ c(z − y)x, c being a row's weight. With batches of one row
    and in sequential order it is scikit-learn's ``SGDRegressor`` with ``learning_rate="constant"`` or ``"invscaling"``.

    References
    ----------
    L. Bottou, "Stochastic Gradient Descent Tricks", in *Neural Networks: Tricks of the Trade*, 2nd ed., 2012.

    Examples
    --------
    >>> import sparsegrok as sg
    >>> model = sg.SparseSGDRegressor(learning_rate=0.5, random_state=0).fit([[-1.0], [0.0], [1.0]], [-2.0, 0.0, 2.0])
    >>> model.predict([[0.5]]).round(2)
    array([1.])
    """

    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Trains an epoch on rows, from the weights and the update :attr:`t_` that earlier calls came to.

        Arguments are those of :meth:`fit`. A shuffled order is that of the seed ``random_state + t_``. Sequential calls
        on the same rows come to what as many epochs of ``fit`` do, but for the rounding of the decay.

        Raises ValueError as :meth:`fit`, and with ``memorize``, ``early_stopping`` or the cosine schedule, which need all
        rows; :class:`Diverged` where training left the range of numbers.
        """
        return self._partial_fit(X, y, sample_weight)

    def predict(self, X: Any) -> Numbers:
        """The score of each row."""
        return self._scores(X)[:, 0]

    def _rate(self, asked: _Asked) -> Any:
        if not (isinstance(self.learning_rate, str) and self.learning_rate == "auto"):
            return self.learning_rate
        squares = row_norms(asked.X, squared=True) + float(self.memorize) ** 2 + bool(self.bias)
        steepest = np.max(squares if asked.weights is None else squares * asked.weights[0])
        return min(0.01, 1 / steepest) if steepest > 0 else 0.01

    def _shaped(self, weights: Numbers) -> Numbers:
        # A regressor has one question, and scikit-learn's have no dimension for it.
        shaped: Numbers = weights[0]
        return shaped
