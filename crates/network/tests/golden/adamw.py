"""Three steps of AdamW of a small network on one-hot rows, in NumPy and float64: prints the weights before and after."""

import numpy as np

P, N, STEPS = 7, 10, 3
LEARNING_RATE, DECAY, BETA1, BETA2, EPSILON = 0.01, 0.5, 0.9, 0.98, 1e-8

# Numbers that are the same in every language, and exact in single precision.
number = np.arange(P * N)
U, V, W = (((number * k) % 101 - 50.0) / 128 for k in (17, 29, 43))
weights = [U.reshape(P, N), V.reshape(P, N), W.reshape(N, P)]
rows = [(a, b) for a in range(P) for b in range(P) if (3 * a + 5 * b) % 4 < 2]
a, b = np.array(rows).T
X = np.hstack([np.eye(P)[a], np.eye(P)[b]])
Y = np.eye(P)[(a + b) % P]


def show(title):
    print(title)
    for name, matrix in zip("uvw", weights):
        print(name, *(repr(float(x)) for x in matrix.ravel()))


show("before")
means = [np.zeros_like(w) for w in weights]
squares = [np.zeros_like(w) for w in weights]
for step in range(1, STEPS + 1):
    inputs = np.vstack(weights[:2])
    sums = X @ inputs
    slope = 2 * (sums**2 @ weights[2] - Y) / Y.size
    of_inputs = X.T @ (2 * sums * (slope @ weights[2].T))
    gradients = [of_inputs[:P], of_inputs[P:], (sums**2).T @ slope]
    for w, g, m, s in zip(weights, gradients, means, squares):
        m += (1 - BETA1) * (g - m)
        s += (1 - BETA2) * (g * g - s)
        w *= 1 - LEARNING_RATE * DECAY
        w -= LEARNING_RATE * (m / (1 - BETA1**step)) / (np.sqrt(s / (1 - BETA2**step)) + EPSILON)
show("after")
