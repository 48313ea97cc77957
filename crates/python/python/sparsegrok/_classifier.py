"""The classifier."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, log_expit, softmax
from sklearn.base import ClassifierMixin
from sklearn.utils.class_weight import compute_class_weight
from sklearn.utils.metaestimators import available_if
from sklearn.utils.multiclass import check_classification_targets

from ._sgd import Numbers, SparseSGD
from ._sgd_docs import ATTRIBUTES, PARAMETERS

if TYPE_CHECKING:
    from typing_extensions import Self


class SparseSGDClassifier(ClassifierMixin, SparseSGD):
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
        """The scores of rows: of two classes shape (n_samples,), above 0 for the second; else (n_samples, n_classes).

        ``X``: rows of shape (n_samples, n_features), as those of :meth:`fit`.

        Raises NotFittedError before any fit, ValueError where columns are not those of the fit. Takes O(non-zeros) of
        each binary model, as all predictions do.
        """
        scores = self._scores(X)
        return scores[:, 0] if scores.shape[1] == 1 else scores

    def predict(self, X: Any) -> NDArray[Any]:
        """The class of each row that scores highest, of shape (n_samples,).

        ``X`` and errors are those of :meth:`decision_function`.
        """
        scores = self.decision_function(X)
        best = (scores > 0).astype(int) if scores.ndim == 1 else scores.argmax(axis=1)
        predicted: NDArray[Any] = self.classes_[best]
        return predicted

    @available_if(lambda self: self._has_probabilities())
    def predict_proba(self, X: Any) -> Numbers:
        """Probabilities by row and class, of shape (n_samples, n_classes); of logistic loss alone.

        Of more than two classes they are those of each against the rest, divided by their sum. ``X`` and errors are
        those of :meth:`decision_function`, and AttributeError for another loss.
        """
        scores = self._scores(X)
        if scores.shape[1] == 1:
            return np.hstack([expit(-scores), expit(scores)])
        # The same quotients by their logarithms, as all of a row may be too small for numbers.
        normalised: Numbers = softmax(log_expit(scores), axis=1)
        return normalised

    @available_if(lambda self: self._has_probabilities())
    def predict_log_proba(self, X: Any) -> Numbers:
        """Logarithms of :meth:`predict_proba`, of its shape and with its errors; −∞ for a probability of 0."""
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
