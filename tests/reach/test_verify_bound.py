"""Adding up what a tree proves: by hand, and every way to cheat is refused."""

import numpy as np
import pytest

from daremo.reach.doors.certificate import pack
from daremo.reach.model import Conditions
from daremo.reach.travel.pairs import pairs_of, pairs_of_matrix
from daremo.reach.verify_bound import RANGE, Refused, Table, column, layout_worth, tree_bound
from daremo.reach.verify_proof import asked, proved_bound, table

FAR = float("inf")
EVERYWHERE = np.arange(3)


def three() -> Table:
    """Three people worth 4, 3 and 2; place 0 serves the first two, 1 the last two, 2 the first; one may open."""
    pairs = pairs_of([0, 0, 1, 1, 2], [0, 2, 0, 1, 1], [1.0] * 5, 3, 3)
    return table(asked(pairs, [4.0, 4.0, 3.0, 3.0, 2.0], p=1), 1.0, 1.0)


def tree(**columns: list[int]) -> dict[str, object]:
    """A tree of one part without prices, but for the columns given."""
    plain: dict[str, list[int]] = {
        "parts": [0], "place": [-1], "price": [0], "prices": [0], "limits": [0], "stages": [0], "stage_price": [],
        "shut": [], "opened": [], "demand": [], "u": [], "limit": [], "v": [], "decided": [],
    }  # fmt: skip
    return {k: pack(np.asarray(v, np.int64)) for k, v in {**plain, **columns}.items()}


def priced(**columns: list[int]) -> dict[str, object]:
    """A tree of one part with prices 4, 1, 0 of people and 2 of budget."""
    return tree(**{"price": [2], "prices": [3], "demand": [0, 1, 1], "u": [4, 1, 0], **columns})


def bound(t: Table, shape: dict[str, object]) -> int:
    return tree_bound(t, None, EVERYWHERE, shape)


def test_without_prices_a_bound_counts_every_trip_no_more_than_everything() -> None:
    assert bound(three(), tree()) == 7 + 5 + 4
    assert bound(three(), tree(price=[7])) == 7


def test_prices_add_up_as_by_hand() -> None:
    # sum of prices 5, budget 2, place 0: (4-4)+(3-1)-2 = 0, place 1: (3-1)+2-2 = 2, place 2: 0-2
    assert bound(three(), priced()) == 5 + 2 + 0 + 2


def test_a_divided_part_is_as_good_as_its_better_half() -> None:
    # place 0 shut: 4+0+... ; with price 5 of budget: shut 0: 5 + r1 = 0; open 0: 5 + r0 = 2 + r1
    shape = tree(parts=[2, 0, 0], place=[0, -1, -1], price=[5, 5, 5], prices=[0] * 3, limits=[0] * 3, stages=[0] * 3)
    assert bound(three(), shape) == 7


def test_worse_prices_further_down_do_not_lose_what_was_proved_above() -> None:
    shape = tree(parts=[1, 0], place=[-1] * 2, price=[7, 0], prices=[0] * 2, limits=[0] * 2, stages=[0] * 2)
    assert bound(three(), shape) == 7


def test_what_prices_decide_counts_with_its_own_bound() -> None:
    # at price 5 the whole is 5 + 2 = 7; opening 1 or 2 at once cannot beat 7 + 0 and 7 - 1; then 0 alone is 7
    shape = tree(price=[5], stages=[1], stage_price=[5], shut=[2], opened=[0], decided=[1, 2])
    assert bound(three(), shape) == 7


def test_one_layout_left_is_worth_what_it_is_worth() -> None:
    shape = tree(stages=[1], stage_price=[7], shut=[2], opened=[1], decided=[1, 2, 0])
    # what is set aside stays below 7 + 0; the layout left is worth 7
    assert bound(three(), shape) == 7
    assert layout_worth(three(), np.array([True, False, False])) == 7


@pytest.mark.parametrize(
    ("why", "shape"),
    [
        ("a negative price of a person", priced(u=[4, 1, -1])),
        ("a price that wraps", priced(u=[2**62, 1, 2**62])),
        ("a person twice", tree(prices=[2], demand=[1, 0], u=[1, 1])),
        ("a person who is not there", tree(prices=[1], demand=[3], u=[1])),
        ("a person before the first", tree(prices=[1], demand=[-1], u=[1])),
        ("a negative price of budget", priced(price=[-1])),
        ("a huge price of budget", priced(price=[RANGE])),
        ("a negative price of budget in a stage", tree(stages=[1], stage_price=[-1], shut=[0], opened=[0])),
        ("a limit that is not there", tree(limits=[1], limit=[0], v=[1])),
        ("more prices than are written", tree(prices=[1])),
        ("fewer prices than are written", tree(demand=[0], u=[1])),
        ("a negative number of prices", tree(prices=[-1])),
        ("a place decided twice", tree(stages=[1], stage_price=[0], shut=[2], opened=[0], decided=[0, 0])),
        ("a place shut and opened", tree(stages=[1], stage_price=[0], shut=[1], opened=[1], decided=[0, 0])),
        (
            "a place decided in a later stage again",
            tree(stages=[2], stage_price=[0, 0], shut=[1, 1], opened=[0, 0], decided=[0, 0]),
        ),
        ("a place that is not there", tree(stages=[1], stage_price=[0], shut=[1], opened=[0], decided=[3])),
        ("a place before the first", tree(stages=[1], stage_price=[0], shut=[1], opened=[0], decided=[-1])),
        (
            "a part divided on what is decided",
            tree(
                parts=[2, 0, 0], place=[0, -1, -1], price=[0] * 3, prices=[0] * 3, limits=[0] * 3, stages=[1, 0, 0],
                stage_price=[0], shut=[1], opened=[0], decided=[0],
            ),
        ),
        ("half of a division", tree(parts=[2, 0], place=[0, -1], price=[0] * 2, prices=[0] * 2, limits=[0] * 2, stages=[0] * 2)),
        ("three parts", tree(parts=[3])),
        ("nothing", tree(parts=[], place=[], price=[], prices=[], limits=[], stages=[])),
        ("two trees", tree(parts=[0, 0], place=[-1] * 2, price=[0] * 2, prices=[0] * 2, limits=[0] * 2, stages=[0] * 2)),
        ("places nobody decides", tree(decided=[1])),
    ],
)  # fmt: skip
def test_a_tree_with_such_a_thing_is_refused(why: str, shape: dict[str, object]) -> None:
    with pytest.raises(Refused):
        bound(three(), shape)


def limited() -> Table:
    """The same people; two may open, but at most one of places 0 and 1."""
    pairs = pairs_of([0, 0, 1, 1, 2], [0, 2, 0, 1, 1], [1.0] * 5, 3, 3)
    c = Conditions(apart=np.array([[0, 1]]))
    return table(asked(pairs, [4.0, 4.0, 3.0, 3.0, 2.0], p=2, conditions=c), 1.0, 1.0)


def test_a_price_of_a_limit_counts() -> None:
    # r0 = 7-3, r1 = 5-3, r2 = 4, the limit 3
    assert bound(limited(), tree(limits=[1], limit=[0], v=[3])) == 3 + 4 + 2 + 4


def test_a_negative_or_huge_price_of_a_limit_is_refused() -> None:
    for v in (-1, 2**59, 2**62):
        with pytest.raises(Refused):
            bound(limited(), tree(limits=[1], limit=[0], v=[v]))


def test_a_part_that_breaks_a_limit_or_the_budget_is_empty() -> None:
    both = {"stages": [1], "stage_price": [0], "shut": [0], "opened": [2], "decided": [0, 1]}
    # opening 0 and 1 sets aside 16 - 7 and 16 - 5; what is left breaks the limit
    assert bound(limited(), tree(**both)) == 11
    # and the budget of one place
    assert bound(three(), tree(**both)) == 11


def test_sums_that_could_leave_64_bits_are_refused() -> None:
    pairs = pairs_of([0, 1], [0, 0], [1.0, 1.0], 2, 1)
    with pytest.raises(Refused):
        table(asked(pairs, [2.0**59, 2.0**59], p=1), 1.0, 1.0)
    with pytest.raises(Refused):
        table(asked(pairs, [1.0, 1.0], p=1), 2.0**60, 1.0)
    with pytest.raises(Refused):
        table(asked(pairs, [1.0, 1.0], budget=2.0**60, cost_p=[1.0]), 1.0, 1.0)


def test_columns_come_back_as_they_were_packed() -> None:
    for numbers in ([], [1, -1], [2**40, -5], [127, -128], [300], [2**31]):
        assert column(pack(np.array(numbers, np.int64))).tolist() == numbers


def regional(**changes: object) -> dict[str, object]:
    """Places 0 and 2 in one region, 1 in the other; person 1 is on the border with price 3; price 4 of budget."""
    body: dict[str, object] = {
        "shared": {"price": 4, "demand": pack([1]), "u": pack([3]), "v": pack([])},
        "regions": [
            {"place": pack([0, 2]), "tree": tree(prices=[1], demand=[0], u=[4])},
            {"place": pack([1]), "tree": tree()},
        ],
    }
    return {**body, **changes}


def test_regions_add_up_as_by_hand() -> None:
    # border 3, budget 4; region of 0 and 2: person 0 costs 4, places give 0 - 4; region of 1: 2 - 4
    assert proved_bound(three(), regional()) == 3 + 4 + 4 + 0


def shared(**changes: object) -> dict[str, object]:
    return {"shared": {"price": 4, "demand": pack([1]), "u": pack([3]), "v": pack([]), **changes}}


@pytest.mark.parametrize(
    ("why", "changes"),
    [
        ("a negative shared price of budget", shared(price=-1)),
        ("a huge shared price of budget", shared(price=RANGE)),
        ("a negative price on the border", shared(u=pack([-3]))),
        ("a price of nobody", shared(demand=pack([3]))),
        ("a person twice", shared(demand=pack([1, 0]), u=pack([3, 3]))),
        ("a person without a price", shared(demand=pack([1, 1]))),
        ("a price of a limit that is not there", shared(v=pack([1]))),
        ("a place in no region", {"regions": regional()["regions"][:1]}),  # type: ignore[index]
        ("a place in two regions", {"regions": [{"place": pack([0, 1, 1]), "tree": tree()}, {"place": pack([1]), "tree": tree()}]}),
        ("a place twice", {"regions": [{"place": pack([0, 1, 1, 0]), "tree": tree()}, {"place": pack([]), "tree": tree()}]}),
        ("a place that is not there", {"regions": [{"place": pack([0, 1, 2]), "tree": tree()}, {"place": pack([]), "tree": tree()}]}),
        ("a person of another region", {"regions": [
            {"place": pack([0, 2]), "tree": tree(prices=[1], demand=[2], u=[4])}, {"place": pack([1]), "tree": tree()},
        ]}),
    ],
)  # fmt: skip
def test_regions_with_such_a_thing_are_refused(why: str, changes: dict[str, object]) -> None:
    with pytest.raises(Refused):
        proved_bound(three(), regional(**changes))


def test_a_place_outside_all_regions_that_must_open_or_pays_is_counted() -> None:
    pairs = pairs_of_matrix([[1.0, FAR, FAR]])
    c = Conditions(must=(1,), quota_p=np.array([-1, -1, 0]), least_per_quota=1)
    t = table(asked(pairs, [5.0], p=3, conditions=c), 1.0, 1.0)
    body = {
        "shared": {"price": 1, "demand": pack([]), "u": pack([]), "v": pack([3])},
        "regions": [{"place": pack([0]), "tree": tree()}, {"place": pack([]), "tree": tree()}],
    }
    # budget 3, the quota -3; place 1 must open and takes 1; place 2 gives 3 - 1; place 0 gives 5 - 1
    assert proved_bound(t, body) == 3 - 3 - 1 + 2 + 4
