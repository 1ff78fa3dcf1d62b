"""Row (13): carbon and cost of an inference, exactly, from what its energy and loads are made of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Any

from finopt.evaluation.exact_sums import Ratio, product, ratio_sum
from finopt.evaluation.steps import Account
from finopt.problem.instance import Instance
from finopt.problem.objective import Figure


def taken(instance: Instance, account: Account, figure: Figure) -> Fraction:
    """What an inference takes of a figure: [J], [g] or [currency]."""
    if figure == "energy":
        return account.energy
    if figure not in instance.basis.figures:
        return Fraction(0)
    return ratio_sum(list(_carbon(instance, account) if figure == "carbon" else _cost(instance, account)))


def _carbon(instance: Instance, account: Account) -> Iterator[Ratio]:
    """Every joule with the carbon of where it is spent."""
    for owners, joules in (
        (instance.node_by_id, account.node_energy),
        (instance.link_by_id, account.link_energy),
    ):
        for amount, owner in _with_owners(joules, owners):
            yield product(amount, owner.carbon).as_integer_ratio()


def _cost(instance: Instance, account: Account) -> Iterator[Ratio]:
    """Every busy second with the price of the node, every bit with that of the link."""
    for ops, node in _with_owners(account.all_ops, instance.node_by_id):
        yield product(ops, node.price, node.compute).as_integer_ratio()
    for bits, link in _with_owners(account.all_bits, instance.link_by_id):
        yield product(bits, link.price).as_integer_ratio()


def _with_owners(
    amounts: Mapping[str, Fraction], owners: Mapping[str, Any]
) -> Iterator[tuple[Fraction, Any]]:
    """Amounts with the node or link of each."""
    return ((amount, owners[name]) for name, amount in amounts.items())
