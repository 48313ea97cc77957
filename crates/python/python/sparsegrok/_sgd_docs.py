"""Documentation that the estimators have in common, in the form of scikit-learn's."""

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
