"""The work of benches/replicates.rs in vectorised NumPy: replicates are rows of one array.

Prints replicate-steps per second, best of several runs. Run: python3 benches/replicates.py
"""

import time

import numpy as np

REPLICATES, STEPS, D, WORKERS, SHARE = 1000, 100, 32, 10, 8
BETA = 0.1


def quadratic(rng):
    q, _ = np.linalg.qr(rng.standard_normal((D, D)))
    spectrum = np.geomspace(0.01, 1.0, D)
    hessian = (q.T * spectrum) @ q
    centre = rng.standard_normal(D)

    def gradient(x):
        return (x - centre) @ hessian

    def value(x):
        z = x - centre
        return 0.5 * np.einsum("ri,ri->r", z, z @ hessian)

    return gradient, value, 0.1


def logistic(rng):
    rows = rng.standard_normal((WORKERS * SHARE, D))

    def gradient(x):
        t = x @ rows.T
        weights = -1.0 / (1.0 + np.exp(t))
        return weights @ rows / len(rows) + 0.125 * 2 * x / (1 + x * x) ** 2

    def value(x):
        t = x @ rows.T
        return np.logaddexp(0, -t).mean(1) + 0.125 * (x * x / (1 + x * x)).sum(1)

    return gradient, value, 0.01


def signs_of_every_worker(rng):
    return 0.5 * (2.0 * rng.integers(0, 2, (REPLICATES, WORKERS, D), dtype=np.int8).sum(1, dtype=np.int8) - WORKERS) / WORKERS


def signs_by_their_sum(rng):
    return 0.5 * (2.0 * rng.binomial(WORKERS, 0.5, (REPLICATES, D)) - WORKERS) / WORKERS


def normal(rng):
    return 0.5 / np.sqrt(WORKERS) * rng.standard_normal((REPLICATES, D))


def run(problem, noise):
    rng = np.random.default_rng(1)
    gradient, value, step = problem(rng)
    x = np.ones((REPLICATES, D))
    v = np.zeros_like(x)
    norms = np.empty((STEPS + 1, REPLICATES))
    values = np.empty((STEPS + 1, REPLICATES))
    for k in range(STEPS):
        g = gradient(x)
        norms[k] = np.einsum("ri,ri->r", g, g)
        values[k] = value(x)
        v = (1 - BETA) * v + BETA * (g + noise(rng))
        x = x - step * v
    g = gradient(x)
    norms[STEPS] = np.einsum("ri,ri->r", g, g)
    values[STEPS] = value(x)
    return norms, values


if __name__ == "__main__":
    for problem in (quadratic, logistic):
        for noise in (signs_of_every_worker, signs_by_their_sum, normal):
            best = np.inf
            for _ in range(7):
                begin = time.perf_counter()
                run(problem, noise)
                best = min(best, time.perf_counter() - begin)
            print(f"{problem.__name__:10} {noise.__name__:22} {REPLICATES * STEPS / best:12.3e} replicate-steps/s")
