"""The estimators: scikit-learn's conventions, and scikit-learn's own SGD where the updates are the same."""

import doctest
import pickle
import signal
import subprocess
import sys

import numpy as np
import pandas
import pytest
from scipy import sparse
from sklearn.base import clone
from sklearn.linear_model import SGDClassifier, SGDRegressor
from sklearn.metrics import r2_score
from sklearn.model_selection import GridSearchCV, cross_val_score, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

import sparsegrok as sg

# As scikit-learn exempts its own SGDClassifier and SGDRegressor: a weight multiplies one update where repeated rows
# make several.
STOCHASTIC = {
    f"check_sample_weight_equivalence_on_{kind}_data": "sample_weight is not equivalent to repeating rows under SGD"
    for kind in ("dense", "sparse")
}


# The check of array API input is skipped where SciPy's support of it is off.
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.SkipTestWarning")
@parametrize_with_checks(
    [
        sg.SparseSGDClassifier(),
        sg.SparseSGDClassifier(loss="hinge"),
        sg.SparseSGDClassifier(schedule="inverse-scaling", order="with-replacement", n_jobs=2),
        sg.SparseSGDClassifier(batch_size="full", learning_rate=0.1),
        sg.SparseSGDRegressor(),
        sg.SparseSGDRegressor(schedule="constant", batch_size=2),
    ],
    expected_failed_checks=lambda estimator: STOCHASTIC,
)
def test_the_checks_of_scikit_learn_pass(estimator, check):
    check(estimator)


def rows(n=90, d=6, classes=3, seed=0):
    """Rows and labels, real or of some classes."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, d))
    scores = X @ rng.normal(size=(d, classes)) + rng.normal(scale=0.5, size=(n, classes))
    return X, scores.argmax(axis=1) if classes > 1 else scores[:, 0] + 0.7


def bits(model):
    own = [model.memorization_] if hasattr(model, "memorization_") else []
    return [array.tobytes() for array in (model.coef_, model.intercept_, *own)]


LIKE_THEIRS = {"order": "sequential", "learning_rate": 0.02, "weight_decay": 0.01, "epochs": 7}
LIKE_OURS = {"shuffle": False, "eta0": 0.02, "alpha": 0.01, "max_iter": 7, "tol": None}


def agree(ours, theirs):
    np.testing.assert_allclose(ours.coef_, theirs.coef_, rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(ours.intercept_, theirs.intercept_, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.parametrize("loss", ["logistic", "hinge"])
@pytest.mark.parametrize("schedule", ["constant", "inverse-scaling"])
@pytest.mark.parametrize("class_weight", [None, "balanced", {0: 3.0, 1: 0.5}])
@pytest.mark.parametrize("weighted", [False, True])
def test_classifiers_are_scikit_learns(classes, loss, schedule, class_weight, weighted):
    X, y = rows(classes=classes)
    weights = np.random.default_rng(1).integers(0, 4, len(y)) / 2 if weighted else None
    ours = sg.SparseSGDClassifier(
        loss, schedule=schedule, schedule_power=0.3, class_weight=class_weight, **LIKE_THEIRS
    ).fit(X, y, sample_weight=weights)
    theirs = SGDClassifier(
        {"logistic": "log_loss", "hinge": "hinge"}[loss],
        learning_rate={"constant": "constant", "inverse-scaling": "invscaling"}[schedule],
        power_t=0.3,
        class_weight=class_weight,
        **LIKE_OURS,
    ).fit(X, y, sample_weight=weights)
    agree(ours, theirs)
    np.testing.assert_allclose(ours.decision_function(X), theirs.decision_function(X), rtol=1e-9, atol=1e-11)
    assert (ours.predict(X) == theirs.predict(X)).all()
    assert (ours.n_iter_, ours.t_) == (7, 7 * len(y)) and ours.t_ + 1 == theirs.t_
    if loss == "logistic":
        np.testing.assert_allclose(ours.predict_proba(X), theirs.predict_proba(X), rtol=1e-9)
        np.testing.assert_allclose(ours.predict_log_proba(X), theirs.predict_log_proba(X), rtol=1e-9)


@pytest.mark.parametrize("weighted", [False, True])
def test_a_regressor_is_scikit_learns(weighted):
    X, y = rows(classes=1)
    weights = np.random.default_rng(1).integers(0, 4, len(y)) / 2 if weighted else None
    ours = sg.SparseSGDRegressor(**LIKE_THEIRS).fit(X, y, weights)
    theirs = SGDRegressor(learning_rate="invscaling", power_t=0.25, **LIKE_OURS).fit(X, y, sample_weight=weights)
    agree(ours, theirs)
    assert ours.coef_.shape == theirs.coef_.shape and ours.intercept_.shape == theirs.intercept_.shape
    np.testing.assert_allclose(ours.predict(X), theirs.predict(X), rtol=1e-9)
    assert ours.score(X, y) == pytest.approx(theirs.score(X, y))


def test_sparse_rows_are_scikit_learns_too():
    X = sparse.random(80, 300, density=0.05, random_state=3, format="csr")
    y = np.arange(80) % 3
    # Without intercepts, which scikit-learn trains more slowly where rows are sparse.
    ours = sg.SparseSGDClassifier(bias=False, **LIKE_THEIRS).fit(X, y)
    theirs = SGDClassifier("log_loss", learning_rate="constant", fit_intercept=False, **LIKE_OURS).fit(X, y)
    agree(ours, theirs)
    assert (ours.intercept_ == 0).all()


def test_a_memorization_column_is_a_column_of_the_identity():
    X, y = rows(n=40)
    explicit = np.hstack([X, 2.0 * np.eye(40)])
    theirs = SGDClassifier("log_loss", learning_rate="constant", **LIKE_OURS).fit(explicit, y)
    ours = sg.SparseSGDClassifier(memorize=2.0, **LIKE_THEIRS).fit(X, y)
    np.testing.assert_allclose(np.hstack([ours.coef_, ours.memorization_]), theirs.coef_, rtol=1e-10, atol=1e-12)
    assert ours.predict(X).shape == (40,)
    assert sg.SparseSGDRegressor(memorize=True).fit(X, y).memorization_.shape == (40,)
    assert not hasattr(ours.set_params(memorize=False).fit(X, y), "memorization_")


def test_every_form_of_the_same_rows_gives_the_same_model():
    X, y = rows(classes=3)
    X[np.abs(X) < 0.8] = 0
    model = sg.SparseSGDClassifier(random_state=3, epochs=20)
    dense = clone(model).fit(X, y)
    narrow, wide = sparse.csr_matrix(X), sparse.csr_array(X)
    wide.indices, wide.indptr = wide.indices.astype(np.int64), wide.indptr.astype(np.int64)
    assert narrow.indices.dtype == np.int32
    expected = bits(clone(model).fit(narrow, y))
    for form in (wide, narrow.tocsc(), narrow.tocoo(), sparse.csc_array(X)):
        assert bits(clone(model).fit(form, y)) == expected
    for form in (np.asfortranarray(X), X.tolist(), pandas.DataFrame(X)):
        assert bits(clone(model).fit(form, y)) == bits(dense)
    np.testing.assert_allclose(clone(model).fit(narrow, y).coef_, dense.coef_, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(dense.decision_function(narrow), dense.decision_function(X), rtol=1e-9, atol=1e-12)


def test_rows_are_never_written_to():
    X, y = rows()
    matrix = sparse.csr_matrix(X)
    # The last entry of each row first: unsorted, and every column twice.
    double = sparse.csr_matrix(
        (np.tile(X[:, ::-1] / 2, 2).ravel(), np.tile(np.arange(6)[::-1], 180), np.arange(91) * 12), X.shape
    )
    before = [array.copy() for array in (double.data, double.indices, double.indptr)]
    for array in (X, y, matrix.data, matrix.indices, matrix.indptr, double.data, double.indices, double.indptr):
        array.setflags(write=False)
    model = sg.SparseSGDClassifier(random_state=0)
    assert model.fit(X, y).score(X, y) > 0.8
    expected = bits(model.fit(matrix, y))
    assert bits(model.fit(double, y)) == expected
    for array, was in zip((double.data, double.indices, double.indptr), before):
        assert (array == was).all()


MEMORY = """
import sys
import numpy as np, sparsegrok as sg
from scipy import sparse

def peak():
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmHWM")) << 10

kind = np.dtype(sys.argv[1])
data = np.ones(10_000_000)
X = sparse.csr_array((100, 100_000))
X.data, X.indices = data, np.tile(np.arange(100_000, dtype=kind), 100)
X.indptr = np.arange(101, dtype=kind) * 100_000
model = sg.SparseSGDClassifier(epochs=1)
model.fit(sparse.eye_array(2).tocsr(), [0, 1])
references, before = sys.getrefcount(data), peak()
model.fit(X, np.arange(100) % 2)
print((peak() - before) / (data.nbytes + X.indices.nbytes))
assert sys.getrefcount(data) == references
"""


@pytest.mark.skipif(sys.platform != "linux", reason="memory is told by /proc")
@pytest.mark.parametrize("kind", ["int32", "int64"])
def test_sparse_rows_are_read_where_they_lie(kind):
    done = subprocess.run([sys.executable, "-c", MEMORY, kind], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert float(done.stdout) < 0.1, done.stdout


def test_arrays_with_gaps_are_taken_too():
    X, y = rows()
    matrix = sparse.csr_matrix(X)
    model = sg.SparseSGDClassifier(random_state=0, epochs=3)
    expected = bits(clone(model).fit(matrix, y))
    gaps = matrix.copy()
    gaps.data = np.repeat(matrix.data, 2)[::2]
    mixed = matrix.copy()
    mixed.indptr = matrix.indptr.astype(np.int64)
    across = matrix.copy()
    across.data = np.frombuffer(b"x" + matrix.data.tobytes(), dtype=np.float64, offset=1)
    assert not across.data.flags.aligned and not gaps.data.flags.contiguous
    for form in (gaps, mixed, across):
        assert bits(clone(model).fit(form, y)) == expected
    across = np.frombuffer(b"x" + X.tobytes(), dtype=np.float64, offset=1).reshape(X.shape)
    assert bits(clone(model).fit(across, y)) == bits(clone(model).fit(X, y))


@pytest.mark.parametrize("form", [np.asarray, sparse.csr_matrix])
@pytest.mark.parametrize(
    "model",
    [
        sg.SparseSGDClassifier(epochs=5, memorize=0.5, class_weight="balanced"),
        sg.SparseSGDClassifier(epochs=5, order="with-replacement", batch_size=7),
        sg.SparseSGDClassifier(epochs=30, early_stopping=True),
        sg.SparseSGDRegressor(epochs=5),
    ],
)
@pytest.mark.parametrize("classes", [2, 3])
def test_seeds_in_lanes_have_the_bits_of_each_alone(form, model, classes):
    X, y = rows(classes=classes)
    X, weights = form(X), np.random.default_rng(2).uniform(0, 2, len(y))
    seeds = [5, 0, 17, *range(40, 48)]
    together = model.fit_seeds(X, y, seeds, weights)
    assert not hasattr(model, "coef_")
    assert [one.random_state for one in together] == seeds
    for n_jobs in (1, 2):
        for one, seed in zip(together, seeds, strict=True):
            alone = clone(model).set_params(random_state=seed, n_jobs=n_jobs).fit(X, y, weights)
            assert bits(one) == bits(alone)
            assert (one.n_iter_, one.t_, one.n_features_in_) == (alone.n_iter_, alone.t_, 6)
            assert (one.predict(X) == alone.predict(X)).all()
    assert len({one.coef_.tobytes() for one in together}) == len(seeds)
    assert model.fit_seeds(X, y, []) == []


@pytest.mark.parametrize("form", [np.asarray, sparse.csr_matrix])
@pytest.mark.parametrize("loss", ["logistic", "hinge"])
@pytest.mark.parametrize("order", ["shuffle", "sequential"])
@pytest.mark.parametrize("memorize", [False, True])
def test_classes_in_lanes_have_the_bits_of_each_alone(form, loss, order, memorize):
    X, y = rows(n=200, classes=11)
    X, weights = form(X), np.random.default_rng(2).uniform(0, 2, len(y))
    model = sg.SparseSGDClassifier(loss, epochs=4, order=order, memorize=memorize, random_state=6)
    for sample_weight in (None, weights):
        together = clone(model).fit(X, y, sample_weight)
        assert together.coef_.shape == (11, 6)
        for label in range(11):
            alone = clone(model).fit(X, y == label, sample_weight)
            assert together.coef_[label].tobytes() == alone.coef_.tobytes()
            assert together.intercept_[label] == alone.intercept_[0]
            if memorize:
                assert together.memorization_[label].tobytes() == alone.memorization_.tobytes()


def test_random_states_repeat():
    X, y = rows()
    model = sg.SparseSGDClassifier(epochs=3)
    drawn = [clone(model).set_params(random_state=np.random.RandomState(7)).fit(X, y) for _ in range(2)]
    assert bits(drawn[0]) == bits(drawn[1])
    assert bits(clone(model).fit(X, y)) != bits(clone(model).fit(X, y))
    for seed in (np.int64(4), np.uint8(4)):
        assert bits(model.set_params(random_state=seed).fit(X, y)) == bits(model.set_params(random_state=4).fit(X, y))


@pytest.mark.parametrize("cls", [sg.SparseSGDClassifier, sg.SparseSGDRegressor])
@pytest.mark.parametrize("schedule", ["constant", "inverse-scaling", "step"])
def test_an_epoch_at_a_time_comes_to_the_same(cls, schedule):
    X, y = rows()
    settings = {"order": "sequential", "schedule": schedule, "schedule_every": 1, "learning_rate": 0.02, "warmup_steps": 9}
    for decay in (0, 0.01):
        model = cls(weight_decay=decay, epochs=3, **settings)
        whole = clone(model).fit(X, y)
        parts = clone(model).partial_fit(X, y, **({"classes": [2, 1, 0]} if cls is sg.SparseSGDClassifier else {}))
        parts = pickle.loads(pickle.dumps(parts)).partial_fit(X, y).partial_fit(X, y)
        assert parts.t_ == whole.t_ == 3 * len(y)
        if decay == 0:
            assert bits(parts) == bits(whole)
        # Decay is a factor apart from the weights, and weights that are handed on have its rounding in them.
        np.testing.assert_allclose(parts.coef_, whole.coef_, rtol=1e-12)


def test_calls_of_partial_fit_have_orders_of_their_own():
    X, y = rows(classes=1)
    model = sg.SparseSGDRegressor(random_state=3, weight_decay=0, schedule="constant", learning_rate=0.1)
    first = clone(model).partial_fit(X, y)
    assert bits(first) == bits(clone(model).set_params(epochs=1).fit(X, y))
    again = clone(model).set_params(random_state=3 + len(y), warm_start=True, epochs=1)
    again.coef_, again.intercept_, again.t_ = first.coef_, first.intercept_, 0
    assert bits(again.fit(X, y)) == bits(first.partial_fit(X, y))


def test_partial_fit_knows_classes_that_are_still_to_come():
    X, y = rows(classes=3)
    names = np.array(["a", "b", "c"])[y]
    model = sg.SparseSGDClassifier().partial_fit(X[y < 2], names[y < 2], classes=["c", "a", "b"])
    assert model.coef_.shape == (3, 6) and list(model.classes_) == ["a", "b", "c"]
    model.partial_fit(X, names).partial_fit(X, names, classes=["a", "b", "c"])
    assert model.score(X, names) > 0.6


@pytest.mark.parametrize("memorize", [False, 2.0])
def test_a_warm_start_goes_on(memorize):
    X, y = rows()
    settings = {"order": "sequential", "weight_decay": 0, "schedule": "constant", "memorize": memorize}
    model = sg.SparseSGDClassifier(epochs=3, warm_start=True, **settings).fit(X, y).fit(X, y)
    whole = sg.SparseSGDClassifier(epochs=6, **settings).fit(X, y)
    for ours, theirs in ((model.coef_, whole.coef_), (model.intercept_, whole.intercept_)):
        np.testing.assert_allclose(ours, theirs, rtol=1e-13)
    if memorize:
        np.testing.assert_allclose(model.memorization_, whole.memorization_, rtol=1e-13)
    else:
        assert bits(model) == bits(whole)
    assert model.t_ == 3 * len(y)


def best_epoch(model, X, y, held, score, **weights):
    """What early stopping comes to, an epoch at a time: weights of the best epoch, and epochs that ran."""
    rows = np.delete(np.arange(len(y)), held)
    step = clone(model).set_params(early_stopping=False)
    best, since, kept = -np.inf, 0, None
    for epoch in range(1, model.epochs + 1):
        if isinstance(step, sg.SparseSGDClassifier):
            step.partial_fit(X[rows], y[rows], classes=np.unique(y))
        else:
            step.partial_fit(X[rows], y[rows])
        now = score(step, X[held], y[held])
        since = 0 if now >= best + model.tol else since + 1
        if now > best:
            best, kept = now, bits(step)
        if since == model.n_iter_no_change:
            break
    return kept, epoch


EARLY = {
    "order": "sequential",
    "weight_decay": 0,
    "learning_rate": 0.02,
    "epochs": 60,
    "early_stopping": True,
    "validation_fraction": 0.3,
    "n_iter_no_change": 3,
    "random_state": 1,
}


@pytest.mark.parametrize("tol", [0.0, 1e-2])
def test_early_stopping_keeps_the_best_epoch(tol):
    X, y = rows(classes=1)
    model = sg.SparseSGDRegressor(tol=tol, **EARLY).fit(X, y)
    held = np.sort(train_test_split(np.arange(90), test_size=0.3, random_state=1)[1])
    expected = best_epoch(model, X, y, held, lambda model, X, y: r2_score(y, model.predict(X)))
    assert (bits(model), model.n_iter_) == expected
    assert model.n_iter_ < 60

    X, y = rows(classes=2)
    model = sg.SparseSGDClassifier(tol=tol, **EARLY).fit(X, y)
    held = np.sort(train_test_split(np.arange(90), test_size=0.3, random_state=1, stratify=y)[1])
    expected = best_epoch(model, X, y, held, lambda model, X, y: model.score(X, y))
    assert (bits(model), model.n_iter_) == expected
    assert model.t_ == model.n_iter_ * 63


def test_early_stopping_weighs_and_looks_at_each_binary_model():
    X, y = rows(classes=3)
    weights = np.random.default_rng(5).integers(0, 3, 90).astype(float)
    model = sg.SparseSGDClassifier(tol=0, **EARLY).fit(X, y, weights)
    counted = np.flatnonzero(weights)
    held = np.sort(train_test_split(counted, test_size=0.3, random_state=1, stratify=y[counted])[1])
    rest = np.delete(np.arange(90), held)
    ran = []
    for label in range(3):
        step, best, since = clone(model).set_params(early_stopping=False), -np.inf, 0
        for epoch in range(1, 61):
            step.partial_fit(X[rest], y[rest] == label, classes=[False, True], sample_weight=weights[rest])
            now = step.score(X[held], y[held] == label, weights[held])
            since = 0 if now >= best else since + 1
            if now > best:
                best, kept = now, (step.coef_[0], step.intercept_[0])
            if since == 3:
                break
        ran.append(epoch)
        assert (model.coef_[label] == kept[0]).all() and model.intercept_[label] == kept[1]
    assert model.n_iter_ == max(ran)
    memorized = sg.SparseSGDClassifier(memorize=True, **EARLY).fit(X, y, weights).memorization_
    assert memorized.shape == (3, 90) and (memorized[:, held] == 0).all()
    assert (memorized[:, np.intersect1d(rest, counted)] != 0).all()


def test_a_score_of_nothing_but_equal_targets_ends_it():
    X, _ = rows()
    model = sg.SparseSGDRegressor(**EARLY | {"epochs": 500}).fit(X, np.zeros(90))
    assert model.n_iter_ == 4 and (model.coef_ == 0).all()


def test_weights_of_mean_1_stand_for_repeated_rows_in_full_batches():
    X, y = rows()
    repeats = np.random.default_rng(1).integers(0, 4, 90)
    model = sg.SparseSGDClassifier(batch_size="full", learning_rate=1.0, weight_decay=0.01)
    weighted = clone(model).fit(X, y, sample_weight=repeats / repeats.mean())
    repeated = clone(model).fit(np.repeat(X, repeats, axis=0), np.repeat(y, repeats))
    np.testing.assert_allclose(weighted.coef_, repeated.coef_, rtol=1e-9)


def test_automatic_learning_rates_diverge_nowhere():
    X, y = rows(n=60, d=400, classes=1)
    for factor in (1.0, 1e6):
        for kw in ({}, {"batch_size": 4}, {"memorize": 30.0}, {"bias": False}):
            model = sg.SparseSGDRegressor(schedule="constant", random_state=0, **kw)
            for form in (np.asarray, sparse.csr_matrix):
                fitted = clone(model).fit(form(factor * X), y, np.arange(60.0))
                assert np.isfinite(fitted.coef_).all()
    short = 1e-3 * X
    auto, fixed = (sg.SparseSGDRegressor(learning_rate=rate, random_state=0).fit(short, y) for rate in ("auto", 0.01))
    assert bits(auto) == bits(fixed)
    assert (sg.SparseSGDRegressor(bias=False).fit(np.zeros((3, 2)), [1, 2, 3]).coef_ == 0).all()
    with pytest.raises(sg.Diverged, match="training diverged in epoch"):
        sg.SparseSGDRegressor(learning_rate=1.0).fit(X, y)


def test_they_are_parts_of_scikit_learns_machinery():
    X, y = rows(classes=3)
    names = np.array(["ja", "nein", "vielleicht"])[y]
    pipeline = make_pipeline(StandardScaler(), sg.SparseSGDClassifier(random_state=0))
    grid = {"sparsesgdclassifier__weight_decay": np.logspace(-4, -1, 3), "sparsesgdclassifier__loss": ["logistic", "hinge"]}
    search = GridSearchCV(pipeline, grid, cv=3).fit(100 * X + 7, names)
    assert search.best_score_ > 0.75
    model = search.best_estimator_[-1]
    assert bits(pickle.loads(pickle.dumps(model))) == bits(model)
    assert clone(model).get_params() == model.get_params()
    X, y = rows(classes=1)
    assert cross_val_score(sg.SparseSGDRegressor(random_state=0), X, y).mean() > 0.8
    frame = pandas.DataFrame(X, columns=list("abcdef"))
    assert list(sg.SparseSGDRegressor().fit(frame, y).feature_names_in_) == list("abcdef")
    seeds = sg.SparseSGDRegressor().fit_seeds(frame, y, [1, 2])
    assert list(seeds[1].feature_names_in_) == list("abcdef")


def test_probabilities_are_those_of_logistic_loss():
    X, y = rows()
    model = sg.SparseSGDClassifier(random_state=0).fit(X, y)
    # All probabilities against the rest are 0 here, to a double; their quotients are not.
    model.coef_, model.intercept_ = np.zeros((3, 6)), np.array([-800.0, -801.0, -900.0])
    probabilities = model.predict_proba(X[:1])[0]
    np.testing.assert_allclose(probabilities, np.exp([0, -1, -100]) / np.exp([0, -1, -100]).sum(), rtol=1e-12)
    assert not hasattr(sg.SparseSGDClassifier("hinge"), "predict_proba")
    assert not hasattr(sg.SparseSGDClassifier("hinge"), "predict_log_proba")


def test_the_examples_of_the_documentation_hold():
    for estimator in (sg.SparseSGDClassifier, sg.SparseSGDRegressor):
        assert doctest.testmod(sys.modules[estimator.__module__]) == (0, 3)


X, y = rows(n=12)
CLASSIFIER, REGRESSOR = sg.SparseSGDClassifier, sg.SparseSGDRegressor


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: CLASSIFIER(learning_rate=-1).fit(X, y), "`learning_rate` is -1, expected a finite number above 0"),
        (lambda: CLASSIFIER(learning_rate=None).fit(X, y), "`learning_rate` is None, expected a value"),
        (lambda: CLASSIFIER(learning_rate="auto").fit(X, y), '`learning_rate` is "auto", expected a number'),
        (lambda: CLASSIFIER(learning_rate=2, weight_decay=1).fit(X, y), "their product below 1"),
        (lambda: CLASSIFIER(epochs=0).fit(X, y), "`epochs` is 0, expected a number of epochs between 1 and 2^32 - 1"),
        (lambda: CLASSIFIER(batch_size=0).fit(X, y), "`batch_size` is 0"),
        (lambda: CLASSIFIER(order="random").fit(X, y), '`order` is "random", expected one of `shuffle`'),
        (lambda: CLASSIFIER(schedule="optimal").fit(X, y), '`schedule` is "optimal"'),
        (lambda: CLASSIFIER("squared").fit(X, y), "`loss` is 'squared', expected logistic or hinge"),
        (lambda: CLASSIFIER(memorize=-1).fit(X, y), "`memorize` is -1, expected True, False or a finite number"),
        (lambda: CLASSIFIER(memorize="yes").fit(X, y), "`memorize` is 'yes'"),
        (lambda: CLASSIFIER(random_state=-1).fit(X, y), "between 0 and 2**32 - 1"),
        (lambda: CLASSIFIER(class_weight={7: 2.0}).fit(X, y), "are not in class_weight"),
        (lambda: CLASSIFIER(class_weight={0: -2.0}).fit(X, y), "is -2, expected a finite number of at least 0"),
        (lambda: CLASSIFIER().fit(X, y, sample_weight=[1.0]), "sample_weight.shape"),
        (lambda: REGRESSOR().fit(X, y, sample_weight=-np.ones(12)), "the weight of row 0 is -1"),
        (lambda: CLASSIFIER().fit(X, np.zeros(12)), "1 class, expected labels of 2 classes or more"),
        (lambda: CLASSIFIER().fit(X, X[:, 0]), "Unknown label type: continuous"),
        (lambda: REGRESSOR().fit(X, np.stack([y, y], axis=1)), "1d array"),
        (lambda: REGRESSOR().fit(X, y).predict(X[:, :2]), "X has 2 features, but SparseSGDRegressor is expecting 6"),
        (lambda: REGRESSOR(early_stopping=True, validation_fraction=1).fit(X, y), "`validation_fraction` is 1, expected"),
        (lambda: REGRESSOR(early_stopping=True, n_iter_no_change=0).fit(X, y), "`n_iter_no_change` is 0, expected"),
        (lambda: REGRESSOR(early_stopping=True, tol=-1).fit(X, y), "`tol` is -1, expected"),
        (lambda: CLASSIFIER().partial_fit(X, y), "the first call of partial_fit has no `classes`"),
        (lambda: CLASSIFIER().partial_fit(X, y, classes=[0]), "1 class, expected labels of 2 classes or more"),
        (lambda: CLASSIFIER().partial_fit(X, y, classes=[0, 1]), "y has the class 2, expected one of [0 1]"),
        (lambda: CLASSIFIER().fit(X, y).partial_fit(X, y, classes=[0, 1]), "`classes` is [0 1], expected [0 1 2] as"),
        (lambda: CLASSIFIER(class_weight="balanced").partial_fit(X, y, [0, 1, 2]), "`class_weight` is balanced"),
        (lambda: REGRESSOR(memorize=True).partial_fit(X, y), "`memorize` is True, expected False for partial_fit"),
        (lambda: REGRESSOR(early_stopping=True).partial_fit(X, y), "`early_stopping` is True, expected False for"),
        (lambda: REGRESSOR(schedule="cosine").partial_fit(X, y), "`schedule` is cosine, expected another for"),
        (lambda: REGRESSOR(warm_start=True).fit(X, y).fit(X[:, :2], y), "X has 2 columns, expected 6 as before"),
        (lambda: CLASSIFIER(warm_start=True).fit(X, y).fit(X, y > 0), "y has the classes [False  True], expected [0 1 2]"),
        (
            lambda: REGRESSOR(warm_start=True, memorize=True).fit(X, y).fit(X[:9], y[:9]),
            "X has 9 rows, expected the 12 that were memorized before",
        ),
    ],
)
def test_each_mistake_has_its_sentence(call, words):
    with pytest.raises(ValueError) as raised:
        call()
    said = str(raised.value)
    assert words in said, said
    assert "command line" not in said and "--" not in said


SCRIPT = """
import numpy as np, sparsegrok as sg
X = np.random.default_rng(0).normal(size=(100, 3))
print("begun", flush=True)
sg.SparseSGDRegressor(epochs=2**32 - 1).fit(X, X[:, 0])
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signal")
def test_ctrl_c_ends_training():
    process = subprocess.Popen(
        [sys.executable, "-c", SCRIPT], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout.readline() == "begun\n"
    process.send_signal(signal.SIGINT)
    _, error = process.communicate(timeout=60)
    assert process.returncode != 0 and "KeyboardInterrupt" in error, error
