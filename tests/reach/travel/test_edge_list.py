"""Streets from tables as people save them."""

from __future__ import annotations

import numpy as np
import pytest

from daremo.kernel.errors import InputError
from daremo.reach.travel.edge_list import read_edge_list

NODES = "node,latitude,longitude\na,34.0,134.0\nb,34.0,134.01\nc,34.0,134.02\n"


def files(tmp_path, edges, nodes=NODES, encoding="utf-8"):
    (tmp_path / "edges.csv").write_bytes(edges.encode(encoding))
    (tmp_path / "nodes.csv").write_bytes(nodes.encode(encoding))
    return tmp_path / "edges.csv", tmp_path / "nodes.csv"


@pytest.mark.parametrize(
    ("head", "unit", "cost"),
    [("minutes", "min", 500.0), ("length_km", "km", 500.0), ("length_m", "km", 0.5), ("length", "km", 0.5)],
)
def test_lengths_and_minutes_are_told_apart_by_their_heading(tmp_path, head, unit, cost):
    streets = read_edge_list(*files(tmp_path, f"from,to,{head}\na,b,500\nb,c,500\n"))
    assert streets.unit == unit and streets.along_e.tolist() == [cost] * 2 == streets.against_e.tolist()


def test_one_way_is_read_forwards_and_backwards(tmp_path):
    streets = read_edge_list(*files(tmp_path, "from,to,minutes,oneway\na,b,1,yes\nb,c,2,-1\na,c,3,\n"))
    assert streets.along_e.tolist() == [1, np.inf, 3] and streets.against_e.tolist() == [np.inf, 2, 3]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "cp932", "utf-8"])
def test_any_encoding_full_width_digits_and_japanese_headings_are_read(tmp_path, encoding):
    edges = "始点,終点,距離m,一方通行\r\nあ,い,１２０,○\r\n"
    nodes = "節点,緯度,経度\r\nあ,３４.１,134.0\r\nい,34.2,134.0\r\n"
    streets = read_edge_list(*files(tmp_path, edges, nodes, encoding))
    assert streets.along_e.tolist() == [0.12] and streets.latitude_n.tolist() == [34.1, 34.2]


def test_all_problems_are_told_together_with_their_rows(tmp_path):
    edges = "from,to,minutes,oneway\na,x,1,\nb,c,-2,\na,b,?,\na,c,1,maybe\n"
    nodes = NODES + "c,34,134\nd,99,134\n"
    with pytest.raises(InputError) as e:
        read_edge_list(*files(tmp_path, edges, nodes))
    told = {(p.code, p.file, p.row) for p in e.value.problems}
    assert told == {
        ("unknown-node", "edges.csv", 2),
        ("bad-streets", "edges.csv", 3),
        ("bad-streets", "edges.csv", 4),
        ("bad-oneway", "edges.csv", 5),
        ("node-twice", "nodes.csv", 5),
        ("bad-points", "nodes.csv", 6),
    }


def test_missing_columns_are_all_named(tmp_path):
    with pytest.raises(InputError) as e:
        read_edge_list(*files(tmp_path, "from,x\na,b\n", "node,latitude\na,34\n"))
    assert [p.column for p in e.value.problems] == ["longitude", "to", "length_m"]


def test_thousands_of_like_problems_are_counted_and_not_repeated(tmp_path):
    edges = "from,to,minutes\n" + "a,zz,1\n" * 500
    with pytest.raises(InputError) as e:
        read_edge_list(*files(tmp_path, edges))
    assert len(e.value.problems) == 101 and "400" in e.value.problems[-1].message


def test_an_absent_file_is_told(tmp_path):
    with pytest.raises(InputError, match="unreadable-streets"):
        read_edge_list(tmp_path / "a.csv", tmp_path / "b.csv")
