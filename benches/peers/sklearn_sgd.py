"""scikit-learn's SGDClassifier on the explicit sparse matrix."""

from time import process_time

import numpy as np
import scipy.sparse as sp
from sklearn.linear_model import SGDClassifier
from toy import EPOCHS, LEARNING_RATE, ROWS, WEIGHT_DECAY, Contender, Outcome, Toy, outcome


def contender(toy: Toy) -> Contender:
    matrix = sp.hstack([sp.csr_matrix(toy.signal), sp.identity(ROWS)], format="csr")

    def run() -> Outcome:
        model = SGDClassifier(
            loss="log_loss",
            penalty="l2",
            alpha=WEIGHT_DECAY,
            learning_rate="constant",
            eta0=LEARNING_RATE,
            fit_intercept=False,
            max_iter=EPOCHS,
            tol=None,
            shuffle=True,
            random_state=1,
        )
        start = process_time()
        model.fit(matrix, toy.labels)
        seconds = process_time() - start
        return outcome(seconds, toy.labels * (matrix @ np.ravel(model.coef_)))

    return Contender("scikit-learn SGDClassifier, sparse", run)
