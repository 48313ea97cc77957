"""The regressor."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.base import RegressorMixin
from sklearn.utils.extmath import row_norms

from ._sgd import Asked, Numbers, SparseSGD
from ._sgd_docs import ATTRIBUTES, PARAMETERS

if TYPE_CHECKING:
    from typing_extensions import Self


class SparseSGDRegressor(RegressorMixin, SparseSGD):
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
        """The predicted target of each row, of shape (n_samples,).

        ``X``: rows of shape (n_samples, n_features), as those of :meth:`fit`.

        Raises NotFittedError before any fit, ValueError where columns are not those of the fit. Takes O(non-zeros).
        """
        return self._scores(X)[:, 0]

    def _rate(self, asked: Asked) -> Any:
        if not (isinstance(self.learning_rate, str) and self.learning_rate == "auto"):
            return self.learning_rate
        squares = row_norms(asked.X, squared=True) + float(self.memorize) ** 2 + bool(self.bias)
        steepest = np.max(squares if asked.weights is None else squares * asked.weights[0])
        return min(0.01, 1 / steepest) if steepest > 0 else 0.01

    def _shaped(self, weights: Numbers) -> Numbers:
        # A regressor has one question, and scikit-learn's have no dimension for it.
        shaped: Numbers = weights[0]
        return shaped
