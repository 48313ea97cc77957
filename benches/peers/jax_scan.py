"""JAX: a scan over steps, vectorised over seeds, or over the models of a grid.

Sparse updates behind one scale factor, compiled before the clock starts. Visiting orders are drawn
beforehand and not timed, which favours it. Each form is the best of what was tried. Over seeds, unrolling
the scan lets XLA fuse steps; both are there, as it does not always help. A grid is of one seed: models with
learning rates, decays and initial weights of their own visit the same rows in the same order, so that a row
is read once for all. They lie side by side along the last axis, by hand, as `vmap` would make theirs the
first and scatter a row's memorization weights (three times as slow). More models take less time each.
"""

from math import isqrt
from time import process_time

import jax
import jax.numpy as jnp
import numpy as np
from toy import EPOCHS, LEARNING_RATE, ROWS, WEIGHT_DECAY, Contender, Outcome, Toy, outcome

SEEDS = 64
UNROLLED = 32
GRIDS = [64, 1024]

jax.config.update("jax_enable_x64", True)


def contenders(toys: list[Toy]) -> list[Contender]:
    return [
        over_seeds(toys, "", 1),
        over_seeds(toys, f", {UNROLLED} steps unrolled", UNROLLED),
        *(over_grid(toys[0], models) for models in GRIDS),
    ]


def train(unroll, signal, labels, order, learning_rate, weight_decay, v):
    """Signal weights, which begin as `v`, and memorization weights after visiting the rows in order.

    Of one model, or of as many as `v` has columns.
    """

    def step(state, row):
        v, m, scale = state
        x, y = signal[row], labels[row]
        z = scale * (x @ v + m[row])
        rise = learning_rate * y / (1.0 + jnp.exp(y * z))
        scale = scale * (1.0 - learning_rate * weight_decay)
        rise = rise / scale
        return (v + jnp.multiply.outer(x, rise), m.at[row].add(rise), scale), None

    models = v.shape[1:]
    start = (v, jnp.zeros((ROWS, *models)), jnp.ones(models))
    (v, m, scale), _ = jax.lax.scan(step, start, order, unroll=unroll)
    return scale * v, scale * m


def draw_orders(seeds: int) -> np.ndarray:
    """Every seed's visits: a permutation of the rows for each epoch, one after the other."""
    epochs = np.tile(np.arange(ROWS, dtype=np.int32), (seeds, EPOCHS, 1))
    np.random.default_rng(1).permuted(epochs, axis=2, out=epochs)
    return epochs.reshape(seeds, -1)


def over_seeds(toys: list[Toy], form: str, unroll: int) -> Contender:
    """Models with rows and orders of their own."""
    chosen = [toys[seed % len(toys)] for seed in range(SEEDS)]
    labels = np.stack([toy.labels for toy in chosen])
    signal = np.stack([toy.signal for toy in chosen])

    def train_one(signal, labels, order):
        v = jnp.zeros(signal.shape[1])
        return train(unroll, signal, labels, order, LEARNING_RATE, WEIGHT_DECAY, v)

    def margins(v, m):
        return labels * (np.einsum("sij,sj->si", signal, v) + m)

    name = f"JAX scan, vmap over {SEEDS} seeds{form}"
    return contender(name, jax.vmap(train_one), (signal, labels, draw_orders(SEEDS)), margins)


def over_grid(toy: Toy, models: int) -> Contender:
    """Models of one seed, by learning rate and decay: a square around the toy's, whose means they have."""
    factors = np.linspace(0.9, 1.1, isqrt(models))
    rates, decays = (axis.ravel() for axis in np.meshgrid(LEARNING_RATE * factors, WEIGHT_DECAY * factors))
    initial = np.random.default_rng(2).normal(scale=0.1, size=(toy.signal.shape[1], models))
    [order] = draw_orders(1)

    def train_all(*data):
        return train(UNROLLED, *data)

    def margins(v, m):
        return toy.labels[:, np.newaxis] * (toy.signal @ v + m)

    name = f"JAX scan, grid of {models} models, one seed"
    return contender(name, train_all, (toy.signal, toy.labels, order, rates, decays, initial), margins)


def contender(name: str, training, data: tuple, margins) -> Contender:
    """Compiles `training`; `margins` are those of training rows by its weights."""
    data = jax.device_put(data)
    # Wider than XLA's own choice, and faster where the machine has such vectors.
    options = {"xla_cpu_prefer_vector_width": 512}
    compiled = jax.jit(training).lower(*data).compile(options)

    def run() -> Outcome:
        start = process_time()
        v, m = jax.block_until_ready(compiled(*data))
        seconds = process_time() - start
        return outcome(seconds, margins(np.asarray(v), np.asarray(m)))

    return Contender(name, run)
