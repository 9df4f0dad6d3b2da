"""What SNDlib's files hold and the copies in the library `topohub` do not: parallel links, capacities, repeated demands."""

from __future__ import annotations

from daremo.kernel.tables import rows_of
from daremo.network.build import PACKAGE, Raw


def completed(key: str, raw: Raw) -> None:
    """Put back what ``tables/topohub_differences.csv`` knows of a topology, and note what it cannot put back.

    topohub keeps one link a pair of nodes, no capacity, and the last of several demands of a pair. Links that stand for
    several get as many units; capacities that were installed are stated; demands that were lost are told with their sum.

    Parameters
    ----------
    key : str
        Such as ``sndlib/brain``.
    raw : Raw
        Rows of links are changed, notes are added.

    Source
    ------
    S. Orlowski et al., SNDlib 1.0 – Survivable Network Design Library, Networks 55, 2010: the native files, read by `read_graph`.
    """
    known = [r for r in rows_of(PACKAGE, "topohub_differences") if r["topology"] == key]
    merged = 0
    for row in raw.links:
        ends = {row["from_node"], row["to_node"]}
        # a row of one pair comes after the row of all
        for told in known:
            if told["from_node"] and {told["from_node"], told["to_node"]} != ends:
                continue
            if told["capacity_gbps"]:
                row["capacity_gbps"] = float(told["capacity_gbps"])
            if told["links"]:
                row["_units"] = float(told["links"])
        merged += "_units" in row
    if merged:
        raw.notes.append(f"SNDlibでは平行な回線が、ここでは1本です。その{merged}本は、本数ぶんの容量としました。")
    for told in known:
        if told["demand_gbps"]:
            here, there = sum(float(r["demand_gbps"]) for r in raw.demands), float(told["demand_gbps"])
            raw.notes.append(
                f"SNDlibでは同じ2局の需要が何行かに分かれ、ここには最後の1行しかありません（需要の合計 {there:,.0f} のうち {here:,.0f}）。"
                "正しい需要は、SNDlibのファイルを --sndlib で読んでください。"
            )
