"""Writes golden.json: what established packages make of published data.

    pip install lifelines==0.30.3 scipy==1.17.1 statsmodels==0.15.0
    python golden.py > golden.json

Data: remission times under 6-MP and placebo (E. J. Freireich et al., Blood 21, 1963), fruit flies
(Walton), recidivism (P. H. Rossi et al., 1980), larynx cancer (O. Kardaun, 1983), all as shipped
with lifelines; and small cases made up for their edges.
"""

import json
import math

import numpy as np
import scipy.stats
from lifelines import KaplanMeierFitter
from lifelines.datasets import load_larynx, load_leukemia, load_rossi, load_waltons
from lifelines.statistics import logrank_test
from lifelines.utils import qth_survival_times
from statsmodels.regression.linear_model import OLS
from statsmodels.stats.proportion import proportion_confint


def finite(x):
    return None if x is None or not math.isfinite(x) else float(x)


def samples():
    leukemia, rossi, waltons, larynx = load_leukemia(), load_rossi(), load_waltons(), load_larynx()
    for name, data, time, event, split in [
        ("leukemia", leukemia, "t", "status", leukemia["Rx"] == 1),
        ("rossi", rossi, "week", "arrest", rossi["fin"] == 1),
        ("waltons", waltons, "T", "E", waltons["group"] == "miR-137"),
        ("larynx", larynx, "time", "death", larynx["Stage_III"] == 1),
    ]:
        yield name, *[
            (part[time].astype(float).tolist(), part[event].astype(bool).tolist())
            for part in (data[split], data[~split])
        ]
    yield "ties", ([1, 1, 1, 2, 2, 3, 3], [1, 0, 1, 0, 1, 1, 1]), ([1, 2, 3, 3], [0, 0, 1, 0])
    yield "all censored", ([5, 6, 7], [0, 0, 0]), ([1, 5, 8, 9], [1, 1, 1, 1])


def kaplan_meier(times, observed, confidence):
    fitter = KaplanMeierFitter(alpha=1 - confidence).fit(times, observed)
    table, curve = fitter.event_table, fitter.survival_function_["KM_estimate"]
    bounds = fitter.confidence_interval_
    events = table.index[table["observed"] > 0]
    quantiles = []
    for p in (0.25, 0.5, 0.75):
        # Just above 1 - p: lifelines' products of fractions may miss it by a rounding.
        curves = [fitter.survival_function_, *(bounds[[column]] for column in bounds)]
        times_of_p = [qth_survival_times(1 - p + 1e-9, curve) for curve in curves]
        quantiles.append([p, *(finite(t if np.isscalar(t) else t.iloc[0, 0]) for t in times_of_p)])
    return {
        "confidence": confidence,
        "times": events.tolist(),
        "at_risk": table.loc[events, "at_risk"].tolist(),
        "events": table.loc[events, "observed"].tolist(),
        "survival": curve[events].tolist(),
        "low": [finite(x) for x in bounds.iloc[:, 0][events]],
        "high": [finite(x) for x in bounds.iloc[:, 1][events]],
        "quantiles": quantiles,
    }


def survival():
    for name, one, other in samples():
        test = logrank_test(one[0], other[0], one[1], other[1])
        yield {
            "name": name,
            "groups": [
                {
                    "times": times,
                    "observed": [bool(x) for x in observed],
                    "kaplan_meier": [
                        kaplan_meier(times, observed, confidence) for confidence in (0.95, 0.8)
                    ],
                }
                for times, observed in (one, other)
            ],
            "log_rank": {"statistic": test.test_statistic, "p": test.p_value},
        }


def wilson():
    for successes, n in [(0, 1), (1, 1), (0, 32), (32, 32), (7, 64), (63, 64), (500, 1000)]:
        for confidence in (0.95, 0.99, 0.5):
            low, high = proportion_confint(successes, n, 1 - confidence, method="wilson")
            yield [successes, n, confidence, float(low), float(high)]


def lines():
    numbers = np.random.default_rng(1)
    for n, noise in [(3, 0.1), (5, 0.02), (12, 1.0), (40, 1e-6)]:
        x = np.sort(numbers.uniform(-9, 2, n))
        y = 1.5 - x + noise * numbers.normal(size=n)
        fit = scipy.stats.linregress(x, y)
        half = scipy.stats.t.ppf(0.975, n - 2) * fit.stderr
        yield {
            "x": x.tolist(),
            "y": y.tolist(),
            "slope": fit.slope,
            "intercept": fit.intercept,
            "low": fit.slope - half,
            "high": fit.slope + half,
        }


def common_slopes():
    numbers = np.random.default_rng(4)
    for sizes in [(3, 3), (5, 2, 4), (2, 2, 2, 2)]:
        groups, x, y, rows = [], [], [], []
        for k, size in enumerate(sizes):
            own_x = numbers.uniform(0, 4, size)
            own_y = 3.0 * k - 0.9 * own_x + 0.1 * numbers.normal(size=size)
            groups.append({"x": own_x.tolist(), "y": own_y.tolist()})
            x += own_x.tolist()
            y += own_y.tolist()
            rows += [[float(k == j) for j in range(len(sizes))]] * size
        fit = OLS(y, np.column_stack([x, rows])).fit()
        low, high = fit.conf_int(0.05)[0]
        yield {"groups": groups, "slope": fit.params[0], "low": low, "high": high}


def means():
    """Student's intervals, by scipy.stats.t.interval."""
    numbers = np.random.default_rng(5)
    for n in (2, 3, 4, 8, 19, 32):
        sample = numbers.normal(0.3, 0.01, n)
        intervals = []
        for confidence in (0.95, 0.99, 0.5):
            low, high = scipy.stats.t.interval(
                confidence, n - 1, loc=sample.mean(), scale=scipy.stats.sem(sample)
            )
            intervals.append([confidence, low, high])
        yield {"sample": sample.tolist(), "mean": sample.mean(), "intervals": intervals}


def bootstraps():
    """Limits of a mean from many resamples, and how far those from 10,000 scatter."""
    numbers = np.random.default_rng(2)
    for name, sample in [
        ("normal", numbers.normal(0.3, 1.0, 24)),
        ("skewed", numbers.exponential(2.0, 32) - 1.0),
        ("few", numbers.normal(-5.0, 0.5, 8)),
    ]:

        def limits(resamples, seed):
            return scipy.stats.bootstrap(
                (sample,),
                np.mean,
                n_resamples=resamples,
                method="BCa",
                batch=20_000,
                rng=np.random.default_rng(seed),
            ).confidence_interval

        low, high = limits(400_000, 3)
        low_error, high_error = np.std([limits(10_000, 100 + k) for k in range(200)], axis=0)
        yield {
            "name": name,
            "sample": sample.tolist(),
            "limits": [low, high],
            "errors": [low_error, high_error],
        }


print(
    json.dumps(
        {
            "survival": list(survival()),
            "wilson": list(wilson()),
            "lines": list(lines()),
            "common_slopes": list(common_slopes()),
            "means": list(means()),
            "bootstraps": list(bootstraps()),
        }
    )
)
