"""The base score of a CVSS 3 vector, from the formula of the specification (CVSS v3.1, section 7.1)."""

from __future__ import annotations

_METRICS = {
    "AV": {"N": 0.85, "A": 0.62, "L": 0.55, "P": 0.2},
    "AC": {"L": 0.77, "H": 0.44},
    "UI": {"N": 0.85, "R": 0.62},
    "C": {"H": 0.56, "L": 0.22, "N": 0.0},
    "I": {"H": 0.56, "L": 0.22, "N": 0.0},
    "A": {"H": 0.56, "L": 0.22, "N": 0.0},
}
_RIGHTS = {"U": {"N": 0.85, "L": 0.62, "H": 0.27}, "C": {"N": 0.85, "L": 0.68, "H": 0.5}}


def base_score(vector: str) -> float | None:
    """Base score, 0 to 10, of a ``CVSS:3.0/…`` or ``CVSS:3.1/…`` vector; None where it is no such vector."""
    parts = vector.strip().split("/")
    if parts[0] not in ("CVSS:3.0", "CVSS:3.1"):
        return None
    given = dict(p.split(":", 1) for p in parts[1:] if ":" in p)
    try:
        m = {k: values[given[k]] for k, values in _METRICS.items()}
        changed = given["S"] == "C"
        rights = _RIGHTS["C" if changed else "U" if given["S"] == "U" else ""][given["PR"]]
    except KeyError:
        return None
    iss = 1 - (1 - m["C"]) * (1 - m["I"]) * (1 - m["A"])
    impact = 7.52 * (iss - 0.029) - 3.25 * (iss - 0.02) ** 15 if changed else 6.42 * iss
    if impact <= 0:
        return 0.0
    total = impact + 8.22 * m["AV"] * m["AC"] * rights * m["UI"]
    return _up(min(1.08 * total if changed else total, 10.0))


def _up(value: float) -> float:
    """Rounded up to a tenth, in whole numbers as the specification says (appendix A)."""
    whole = round(value * 100_000)
    return whole / 100_000 if whole % 10_000 == 0 else (whole // 10_000 + 1) / 10.0
