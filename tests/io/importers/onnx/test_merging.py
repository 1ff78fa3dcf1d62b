"""Which cuts are kept: against all choices there are."""

from __future__ import annotations

from itertools import combinations, pairwise

from hypothesis import given
from hypothesis import strategies as st

from finopt.io.importers.onnx import merging
from finopt.io.importers.onnx.merging import chosen_cuts


def cost(ops: list[int], bits: list[int], kept: tuple[int, ...], count: int) -> float:
    """The objective, as the docstring states it."""
    ends = [0, *(ops[cut] for cut in kept), ops[-1]]
    work = [(b - a) * count / max(ops[-1], 1) for a, b in pairwise(ends)]
    return sum((part - 1) ** 2 for part in work) + sum(bits[cut] for cut in kept) / max(*bits, 1)


@given(st.data())
def test_no_choice_is_better(data: st.DataObject) -> None:
    cuts = data.draw(st.integers(1, 7))
    steps = data.draw(st.lists(st.integers(0, 9), min_size=cuts + 1, max_size=cuts + 1))
    ops = [sum(steps[: end + 1]) for end in range(cuts + 1)]
    bits = data.draw(st.lists(st.integers(1, 9), min_size=cuts, max_size=cuts))
    forced = data.draw(st.sets(st.integers(0, cuts - 1)))
    count = data.draw(st.integers(len(forced) + 1, cuts + 1))
    kept = tuple(chosen_cuts(ops, bits, count, forced))
    assert list(kept) == sorted(set(kept)) and forced <= set(kept) and len(kept) == count - 1
    others = (one for one in combinations(range(cuts), count - 1) if forced <= set(one))
    best = min(cost(ops, bits, one, count) for one in others)
    assert cost(ops, bits, kept, count) <= best + 1e-9


def test_of_very_many_cuts_small_tensors_are_looked_at() -> None:
    cuts = 3 * merging.MOST_CANDIDATES
    bits = [1 if cut % 10 == 7 else 100 for cut in range(cuts)]
    kept = chosen_cuts(list(range(1, cuts + 2)), bits, 5, {3})
    assert 3 in kept and len(kept) == 4
    assert all(bits[cut] == 1 for cut in kept if cut != 3)
