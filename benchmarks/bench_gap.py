"""How people fall into 32 kinds by their barriers: quadrature beside simulation and SciPy's own integral.

The same question to all: for 1,410 kinds of people (235 areas x 6 life stages), the chance of exactly each subset of
five barriers under the one-factor copula with the fitted loadings, to a root-mean-square error of 0.001.
The reference is the quadrature with 150 nodes. CPU seconds, one process.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri
from scipy.stats import multivariate_normal

from daremo.cases.assume import defaults
from daremo.cases.copula import NODES, fit_loadings, subset_probabilities

Floats = NDArray[np.float64]
ROWS, TARGET, PEER_ROWS = 1_410, 1e-3, 12


def simulated(threshold: Floats, loading: Floats, people: int, seed: int) -> Floats:
    """Naive Monte Carlo: latent normals of many people from SciPy, counted by subset for each row."""
    covariance = np.outer(loading, loading)
    np.fill_diagonal(covariance, 1)
    latent = multivariate_normal(np.zeros(5), covariance, seed=seed).rvs(people)
    out = np.empty((threshold.shape[1], 32))
    for i in range(threshold.shape[1]):
        code = (latent < threshold[:, i]) @ (1 << np.arange(5))
        out[i] = np.bincount(code, minlength=32) / people
    return out


def integrated(threshold: Floats, loading: Floats) -> Floats:
    """SciPy's multivariate normal distribution function (Genz), one call a subset."""
    covariance = np.outer(loading, loading)
    np.fill_diagonal(covariance, 1)
    out = np.empty((threshold.shape[1], 32))
    for B in range(32):
        sign = np.array([1.0 if B >> b & 1 else -1.0 for b in range(5)])
        normal = multivariate_normal(np.zeros(5), covariance * np.outer(sign, sign), seed=1, abseps=TARGET)
        out[:, B] = [normal.cdf(sign * threshold[:, i]) for i in range(threshold.shape[1])]
    return out


def cpu(work: Callable[[], Floats], least_s: float = 0.2) -> tuple[float, Floats]:
    """CPU seconds of one call, repeated until the clock can be trusted, and its answer."""
    times, start = 0, time.process_time()
    while True:
        answer = work()
        times += 1
        spent = time.process_time() - start
        if spent >= least_s:
            return spent / times, answer


def rms(a: Floats, b: Floats) -> float:
    """Root-mean-square difference."""
    return float(np.sqrt(((a - b) ** 2).mean()))


def main() -> None:
    """Run and print."""
    loading = fit_loadings(defaults())
    threshold = ndtri(np.random.default_rng(1).uniform(0.02, 0.95, (5, ROWS)))
    reference = subset_probabilities(threshold, loading, nodes=150)
    # Fewest nodes and fewest simulated people that meet the target.
    nodes = next(
        n for n in range(4, 150) if rms(subset_probabilities(threshold, loading, nodes=n), reference) <= TARGET
    )
    people = 4_000
    while rms(simulated(threshold, loading, people, 1), reference) > TARGET:
        people = int(people * 1.5)

    print(f"{ROWS:,} kinds of people x 32 subsets, target error {TARGET:g} (root mean square); CPU seconds")
    ours, answer = cpu(lambda: subset_probabilities(threshold, loading, nodes=nodes))
    print(f"  daremo, {nodes} nodes          {ours:9.4f} s   error {rms(answer, reference):.1e}")
    shipped, answer = cpu(lambda: subset_probabilities(threshold, loading))
    print(f"  daremo, {NODES} nodes (shipped) {shipped:8.4f} s   error {rms(answer, reference):.1e}")
    naive, answer = cpu(lambda: simulated(threshold, loading, people, 1))
    print(f"  scipy simulation, {people:,} people {naive:6.4f} s   error {rms(answer, reference):.1e}")
    few = threshold[:, :PEER_ROWS]
    genz, answer = cpu(lambda: integrated(few, loading))
    genz *= ROWS / PEER_ROWS
    print(f"  scipy integral (from {PEER_ROWS} rows) {genz:6.1f} s   error {rms(answer, reference[:PEER_ROWS]):.1e}")
    print(f"  simulation / daremo at the same target: {naive / ours:.0f}")
    print(f"  simulation / daremo as shipped (far more exact): {naive / shipped:.0f}")
    print(f"  integral / daremo as shipped (both near 1e-6): {genz / shipped:,.0f}")


if __name__ == "__main__":
    main()
