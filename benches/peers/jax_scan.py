"""JAX: a scan over steps, vectorised over seeds.

Sparse updates behind one scale factor, compiled before the clock starts. Visiting orders are drawn
beforehand and not timed, which favours it. Unrolling the scan lets XLA fuse steps: the second
contender is the best of what was tried.
"""

from functools import partial
from time import process_time

import jax
import jax.numpy as jnp
import numpy as np
from toy import EPOCHS, LEARNING_RATE, ROWS, WEIGHT_DECAY, Contender, Outcome, Toy, outcome

SEEDS = 64
UNROLLED = 32

jax.config.update("jax_enable_x64", True)


def contenders(toys: list[Toy]) -> list[Contender]:
    return [contender(toys, "", 1), contender(toys, f", {UNROLLED} steps unrolled", UNROLLED)]


def train(unroll, signal, labels, order):
    """One seed's signal weights and memorization weights after visiting the rows in order."""

    def step(state, row):
        v, m, scale = state
        x, y = signal[row], labels[row]
        z = scale * (v @ x + m[row])
        rise = LEARNING_RATE * y / (1.0 + jnp.exp(y * z))
        scale = scale * (1.0 - LEARNING_RATE * WEIGHT_DECAY)
        rise = rise / scale
        return (v + rise * x, m.at[row].add(rise), scale), None

    start = (jnp.zeros(signal.shape[1]), jnp.zeros(ROWS), 1.0)
    (v, m, scale), _ = jax.lax.scan(step, start, order, unroll=unroll)
    return scale * v, scale * m


def draw_orders() -> np.ndarray:
    """Every seed's visits: a permutation of the rows for each epoch, one after the other."""
    epochs = np.tile(np.arange(ROWS, dtype=np.int32), (SEEDS, EPOCHS, 1))
    np.random.default_rng(1).permuted(epochs, axis=2, out=epochs)
    return epochs.reshape(SEEDS, -1)


def contender(toys: list[Toy], form: str, unroll: int) -> Contender:
    chosen = [toys[seed % len(toys)] for seed in range(SEEDS)]
    labels = np.stack([toy.labels for toy in chosen])
    signal = np.stack([toy.signal for toy in chosen])
    data = jax.device_put((signal, labels, draw_orders()))
    compiled = jax.jit(jax.vmap(partial(train, unroll))).lower(*data).compile()

    def run() -> Outcome:
        start = process_time()
        v, m = jax.block_until_ready(compiled(*data))
        seconds = process_time() - start
        return outcome(seconds, labels * (np.einsum("sij,sj->si", signal, v) + m))

    return Contender(f"JAX scan, vmap over {SEEDS} seeds{form}", run)
