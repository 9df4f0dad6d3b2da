"""Small areas beside a full Bayesian fit (NumPyro, No-U-Turn sampler) from the answers themselves, nothing approximated.

NumPyro is no dependency, not even for tests (628 MB with JAX): these run where somebody installed it,
``pip install numpyro`` in an environment of its own. Numbers seen are in docs/know/skills.md. `python -m
tests.against.test_areas_numpyro` prints them.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.special import expit, ndtr

from daremo.assess.areas import CENTRE, SPREAD, small_areas
from daremo.assess.calibrate import calibrate
from daremo.assess.model import answers_of

numpyro = pytest.importorskip(
    "numpyro", reason="numpyro is not installed (it is heavy): pip install numpyro in an environment of its own"
)
import jax  # noqa: E402
import jax.numpy as jnp  # noqa: E402
import numpyro.distributions as dist  # noqa: E402
from numpyro.infer import MCMC, NUTS  # noqa: E402

BELOW, AREAS, STAGES, ITEMS = -0.5, 12, 3, 20
#: How often a draw is kept; chains are run one after another.
WARMUP, DRAWS = 600, 1000


def model(x: Any, a: Any, d: Any, area: Any, stage: Any) -> None:
    """The model of `areas.py` with the answers in place of normal likelihoods; all effects and abilities are drawn."""
    spread = jnp.exp(numpyro.sample("spread", dist.Normal(jnp.array(CENTRE), jnp.array(SPREAD)).to_event(1)))
    beta = numpyro.sample("beta", dist.Normal(0, 3).expand([STAGES]).to_event(1))
    of_area = numpyro.sample("area", dist.Normal(0, 1).expand([AREAS]).to_event(1))
    of_cell = numpyro.sample("cell", dist.Normal(0, 1).expand([AREAS, STAGES]).to_event(2))
    mean = beta[None, :] + spread[1] * of_area[:, None] + spread[2] * of_cell
    z = numpyro.sample("z", dist.Normal(0, 1).expand([x.shape[0]]).to_event(1))
    theta = mean[area, stage] + spread[0] * z
    numpyro.sample("x", dist.Bernoulli(logits=a * theta[:, None] + d).to_event(2), obs=x)
    numpyro.deterministic("mean", mean)
    numpyro.deterministic("within", spread[0])


def town(seed: int, n: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Answers, areas and stages of `n` people, residents, and true shares of a made-up town; one area nobody answered."""
    rng = np.random.default_rng(seed)
    mu = np.array([0.6, 0.0, -0.8]) + rng.normal(0, 0.3, (AREAS, 1)) + rng.normal(0, 0.12, (AREAS, STAGES))
    people = rng.integers(50, 2000, (AREAS, STAGES)).astype(float)
    area, stage = rng.integers(0, AREAS - 1, n), rng.integers(0, STAGES, n)
    theta = mu[area, stage] + 0.85 * rng.normal(size=n)
    a, d = np.exp(rng.normal(0.2, 0.25, ITEMS)), rng.normal(0, 1.2, ITEMS)
    x = (rng.random((n, ITEMS)) < expit(a * theta[:, None] + d)).astype(int)
    return x, area, stage, people, ndtr((BELOW - mu) / 0.85)


def both(seed: int, n: int = 500) -> dict[str, np.ndarray]:
    """Means and 90 % intervals of each area's share, ours and of the full fit, shape (3, areas); and true shares."""
    x, area, stage, people, true = town(seed, n)
    fit = calibrate(answers_of(x), "2pl", errors="none")
    # one scale for both: items as calibrated, the level where it is on that scale
    ours = small_areas(fit.mu, fit.sd, area, stage, people, BELOW)
    a, d = np.array([i.a for i in fit.items]), np.array([i.d[0] for i in fit.items])
    sampler = MCMC(NUTS(model), num_warmup=WARMUP, num_samples=DRAWS, progress_bar=False)
    sampler.run(jax.random.PRNGKey(seed), jnp.array(x), jnp.array(a), jnp.array(d), jnp.array(area), jnp.array(stage))
    got = sampler.get_samples()
    share = ndtr((BELOW - np.asarray(got["mean"])) / np.asarray(got["within"])[:, None, None])
    whole = (share * people).sum(2) / people.sum(1)
    low, high = np.quantile(whole, (0.05, 0.95), axis=0)
    return {
        "ours": np.array([ours.share_d, ours.low_d, ours.high_d]),
        "full": np.array([whole.mean(0), low, high]),
        "total": np.array([ours.total[0], float(((share * people).sum((1, 2)) / people.sum()).mean())]),
        "answered": np.bincount(area, minlength=AREAS),
    }


def test_shares_and_intervals_are_those_of_the_full_bayesian_fit():
    numpyro.enable_x64()
    found = both(1)
    ours, full = found["ours"], found["full"]
    width, other = ours[2] - ours[1], full[2] - full[1]
    # a tenth of an interval is about three times what 1,000 draws leave to chance
    assert (np.abs(ours[0] - full[0]) < 0.1 * other).all()
    assert (np.abs(width / other - 1) < 0.25).all()
    assert abs(found["total"][0] - found["total"][1]) < 0.005
    assert width[-1] == width.max() and other[-1] == other.max() and found["answered"][-1] == 0


if __name__ == "__main__":
    import time

    numpyro.enable_x64()
    for seed in (1, 2, 3):
        begun = time.process_time()
        found = both(seed)
        ours, full = found["ours"], found["full"]
        width, other = ours[2] - ours[1], full[2] - full[1]
        apart, ratio = np.abs(ours[0] - full[0]), width / other
        print(
            f"town {seed}: means apart {apart.mean():.4f} (at most {apart.max():.4f}), mean width {other.mean():.3f}, "
            f"widths ours / full {ratio.min():.2f} to {ratio.max():.2f} (mean {ratio.mean():.2f}), "
            f"total {found['total'][0]:.4f} and {found['total'][1]:.4f}, {time.process_time() - begun:.0f} CPU s",
            flush=True,
        )
