"""Least worst utilisation of SNDlib's own files beside the proved optima, and what topohub's copies of them lack.

    python tests/against/sndlib.py FOLDER

FOLDER holds SNDlib's native network files (``ta1.txt``, ``zib54.txt`` …), which are not part of this repository: their licence
is academic. The optima are ``../shared/data/backbone/min_max_utilisation_optima.csv``. Not part of the suite.
"""

from __future__ import annotations

import csv
import os
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np

from daremo.network.load import min_max
from daremo.network.model import Network
from daremo.network.read import read_graph, read_topohub

SHARED = Path(os.environ.get("DAREMO_SHARED", Path(__file__).resolve().parents[3] / "shared"))
OPTIMA = SHARED / "data" / "backbone" / "min_max_utilisation_optima.csv"


def main() -> int:
    """Print a row a network; 1 where one of SNDlib's files does not give the optimum."""
    wrong = 0
    print("network         links of file/topohub   demand of file/topohub       of optimum: file, topohub")
    with OPTIMA.open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            name, best = row["instance"], float(row["opt_max_util"])
            path = Path(sys.argv[1]) / f"{name}.txt"
            if not path.is_file():
                print(f"{name:14} no file")
                continue
            whole, copy = read_graph(path)[0], read_topohub(name)[0]
            if row["capacity_rule"] != "preinstalled":
                one = np.ones(len(whole.links))
                whole = replace(whole, links=replace(whole.links, capacity_gbps=one, back_gbps=one))
            found = [min_max(n, explain=0).utilisation / best for n in (whole, copy)]
            wrong += abs(found[0] - 1) > 1e-6
            gbps = [n.demands.gbps.sum() for n in (whole, copy)]
            print(
                f"{name:14} {len(whole.links):4} / {len(copy.links):3} ({lost(whole, copy)} more in the file) "
                f"{gbps[0]:14,.0f} / {gbps[1]:14,.0f}   {found[0]:.9f}  {found[1]:.9f}"
            )
    return 1 if wrong else 0


def lost(whole: Network, copy: Network) -> int:
    """Links of the file that the copy does not have."""
    ends = [
        Counter(
            frozenset((n.nodes.ids[a], n.nodes.ids[b])) for a, b in zip(n.links.tail, n.links.head, strict=True)
        )
        for n in (whole, copy)
    ]  # fmt: skip
    return (ends[0] - ends[1]).total()


if __name__ == "__main__":
    sys.exit(main())
