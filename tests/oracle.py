"""Brute force: the optimum by enumeration, written from the mathematical model alone.

It shares nothing with the package but the data model (`finopt.problem.instance`) and the shape of an answer
(`finopt.problem.placement`): its own reach, energies, latencies, loads and routes, all in fractions of
integers.

Two ways, which a test compares with each other:

* `plain_optimum` tries every admissible configuration, every assignment of blocks to nodes and every simple
  route at every stage, for several applications every combination, and checks every limit. Tiny instances.
* `frontier_optimum` keeps, block by block and node by node, the choices that no other choice beats in energy
  and latency. Exact as long as no capacity can bind, whatever the placement; `capacities_can_bind` tells. It
  knows no limits on energy, carbon and cost, and minimises energy alone.

`optimum` takes the second where it is exact and the first elsewhere.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from itertools import product
from typing import Any, NamedTuple, TypeVar

from finopt.problem.application_placement import ApplicationPlacement
from finopt.problem.instance import Application, Instance
from finopt.problem.model import Block, Configuration, Exit
from finopt.problem.network import DirectedLink, Node
from finopt.problem.placement import Placement

ONE_PLUS_TOLERANCE = 1 + Fraction(1, 10**9)
ONE = Fraction(1)
Resource = tuple[str, str]  # ("compute" | "memory", node id) or ("bandwidth", link id)


@dataclass(frozen=True)
class Optimum:
    """The least objective and one placement that has it; None and None when there is none."""

    objective: float | None
    placement: Placement | None


class Stage(NamedTuple):
    """What happens between two blocks: data of `bits` move, then one block runs on one of `nodes`."""

    reach: Fraction  # share of the samples that get here
    weight: Fraction  # of the latency: 1 for "worst", reach for "mean"
    bits: Fraction
    ops: Fraction  # of the block and the exits behind it
    memory: Fraction
    nodes: tuple[str, ...]
    parts: tuple[Block | Exit, ...]  # the block and the exits behind it
    leaving: tuple[tuple[Fraction, Fraction], ...]  # share of the samples and bits of every result


class Choice(NamedTuple):
    """A way to run one application up to some block; energies and latencies per sample."""

    energy: Fraction
    latency: Fraction
    configuration: int
    nodes: tuple[str, ...]
    routes: tuple[tuple[str, ...], ...]
    returned: Fraction = Fraction(0)  # when the last result so far is back
    carbon: Fraction = Fraction(0)
    cost: Fraction = Fraction(0)
    moving: Fraction = Fraction(0)  # of bringing its blocks there, per second
    slices: tuple[float | None, ...] = ()  # what every block's visit reserves
    route_slices: tuple[tuple[float | None, ...], ...] = ()
    busy: Fraction = Fraction(0)  # share of the time that the last visit computes, where it reserves a slice

    @property
    def took(self) -> Fraction:
        """The latency of the whole."""
        return max(self.latency, self.returned)


class Task:
    """One application of an instance, its figures as fractions."""

    def __init__(self, instance: Instance, application: Application) -> None:
        self.instance, self.application = instance, application
        self.model = next(m for m in instance.models if m.id == application.model)
        self.rate = Fraction(application.rate)
        self.limit = Fraction(application.max_latency) * ONE_PLUS_TOLERANCE
        self.further = {
            name: Fraction(most) * ONE_PLUS_TOLERANCE
            for name in ("energy", "carbon", "cost")
            if (most := getattr(application, f"max_{name}")) is not None
        }
        self.usable = [n for n in instance.nodes if n.shared or n.id == application.source]
        names = {n.id for n in self.usable}
        self.links = [k for k in instance.directed_links if k.source in names and k.target in names]
        self.home = application.source if application.result_to == "source" else application.result_to
        self.backs: dict[tuple[str, Fraction], Route | None] = {}

    @cached_property
    def configurations(self) -> dict[int, list[Stage]]:
        """The stages of every configuration that is accurate enough."""
        accurate = (
            (c, configuration)
            for c, configuration in enumerate(self.model.configurations)
            if configuration.accuracy >= self.application.min_accuracy
        )
        return {c: list(self._stages(configuration)) for c, configuration in accurate}

    def _stages(self, configuration: Configuration) -> Iterator[Stage]:
        blocks, left = self.model.blocks, Fraction(1)
        position = {block.id: i for i, block in enumerate(blocks)}
        exits = [e for name in configuration.exits for e in self.model.exits if e.id == name]
        bits = self.model.input_bits
        for i, block in enumerate(blocks[: position[exits[-1].after] + 1]):
            early = [
                Fraction(share)
                for e, share in zip(exits[:-1], configuration.shares[:-1], strict=True)
                if position[e.after] < i
            ]
            reach = max(Fraction(0), 1 - sum(early))
            here = [e for e in exits if e.after == block.id]
            leaving = []
            for e in here:
                share = left
                if e is not exits[-1]:
                    share = min(left, Fraction(configuration.shares[configuration.exits.index(e.id)]))
                left -= share
                leaving.append((share, Fraction(e.output_bits)))
            parts = (block, *here)
            yield Stage(
                reach=reach,
                weight=Fraction(1) if self.application.latency == "worst" else reach,
                bits=Fraction(bits),
                ops=Fraction(block.ops) + sum(Fraction(e.ops) for e in here),
                memory=Fraction(block.memory) + sum(Fraction(e.memory) for e in here),
                nodes=tuple(
                    n.id
                    for n in self.usable
                    if self._may_run(block, n, leaving) and self._may_move(parts, n.id)
                ),
                parts=parts,
                leaving=tuple(leaving),
            )
            bits = block.output_bits

    def runs(self, choice: Choice, stage: Stage, node: str, route: Route) -> Iterator[Choice]:
        """The choice gone on, once for every slice in which the stage's block fits."""
        own = self.instance.node_by_id[node].slices
        busy = self.rate * stage.reach * self.computing(stage, node)[0] if own else Fraction(0)
        if own and goes_on(choice, node, route):
            own, busy = (choice.slices[-1],), choice.busy + busy  # type: ignore[assignment]
        for size in own or (None,):
            if size is None or busy <= Fraction(size) * ONE_PLUS_TOLERANCE:
                done = self.run(choice, stage, node, route, Fraction(size or 1))
                hops = (*choice.route_slices, route.slices)
                yield done._replace(slices=(*choice.slices, size), route_slices=hops, busy=busy)

    def run(self, choice: Choice, stage: Stage, node: str, route: Route, size: Fraction = ONE) -> Choice:
        """The choice, with its data sent over the route and the stage's block run on part of the node."""
        seconds, joules = self.computing(stage, node)
        figures = self.instance.node_by_id[node]
        carbon = choice.carbon + stage.reach * (route.carbon + joules * Fraction(figures.carbon))
        cost = choice.cost + stage.reach * (route.cost + seconds * Fraction(figures.price))
        seconds /= size
        if figures.waiting == "processor-sharing":
            seconds /= 1 - Fraction(figures.max_utilisation)
        energy = choice.energy + stage.reach * (route.energy + joules)
        latency = choice.latency + stage.weight * (route.latency + seconds)
        returned = choice.returned
        for share, back in self.results(stage, node):
            energy += share * back.energy
            carbon += share * back.carbon
            cost += share * back.cost
            if self.application.latency == "mean":
                latency += share * back.latency
            else:
                returned = max(returned, latency + back.latency)
        nodes, routes = (*choice.nodes, node), (*choice.routes, route.links)
        moving = choice.moving + self.brought(stage.parts, node)
        return Choice(energy, latency, choice.configuration, nodes, routes, returned, carbon, cost, moving)

    def value(self, choice: Choice) -> Fraction:
        """What is minimised, per second."""
        value: Fraction = getattr(choice, self.instance.objective)
        return self.rate * value + choice.moving

    def brought(self, parts: Iterable[Block | Exit], node: str) -> Fraction:
        """What bringing parts to a node costs per second, where moving is charged."""
        if not self.instance.moves:
            return Fraction(0)
        costs = [self._from_nearest(part, node) for part in parts]
        assert None not in costs
        horizon = Fraction(self.instance.before.moving.horizon)
        return sum((cost for cost in costs if cost is not None), Fraction(0)) / horizon

    def _from_nearest(self, part: Block | Exit, node: str) -> Fraction | None:
        """What the bits of a part cost on the cheapest simple route from where it was; None: no way."""
        kind = "block" if isinstance(part, Block) else "exit"
        places = self.instance.before.places.get((self.model.id, kind, part.id), set())
        places = {n.id for n in self.usable if n.id in places}
        if node in places or not places or not part.memory:
            return Fraction(0)
        weights = {
            "energy": lambda link: Fraction(link.energy),
            "carbon": lambda link: Fraction(link.energy) * Fraction(link.carbon),
            "cost": lambda link: Fraction(link.price),
        }
        weigh, known = weights[self.instance.objective], self.instance.link_by_id
        ways = [
            sum((weigh(known[link]) for link in route.links), Fraction(0))
            for place in places
            for end, route in simple_routes(self.links, Fraction(0), place, HERE, {place})
            if end == node
        ]
        return 8 * Fraction(part.memory) * min(ways) if ways else None

    def keeps_limits(self, choice: Choice) -> bool:
        """Whether it is in time and takes no more energy, carbon and cost than it may."""
        further = all(getattr(choice, name) <= most for name, most in self.further.items())
        return choice.took <= self.limit and further

    def computing(self, stage: Stage, node: str) -> tuple[Fraction, Fraction]:
        """Busy seconds and joules of one sample."""
        figures = self.instance.node_by_id[node]
        power, entries = Fraction(figures.power), self._entries(figures)
        if entries is None:
            seconds = stage.ops / Fraction(figures.compute)
            return seconds, seconds * power
        mine = [entries[type(part), part.id] for part in stage.parts]
        joules = [power * Fraction(e.time) if e.energy is None else Fraction(e.energy) for e in mine]
        return sum((Fraction(e.time) for e in mine), Fraction(0)), sum(joules, Fraction(0))

    def results(self, stage: Stage, node: str) -> Iterator[tuple[Fraction, Route]]:
        """Share of the samples and way back of every result."""
        for share, bits in stage.leaving if self.home is not None else ():
            back = self._back(node, bits)
            assert back is not None
            yield share, back

    def _may_run(self, block: Block, node: Node, leaving: list[tuple[Fraction, Fraction]]) -> bool:
        application, entries = self.application, self._entries(node)
        return (
            node.compute > 0
            and application.pinned.get(block.id, node.id) == node.id
            and node.id in application.allowed.get(block.id, (node.id,))
            and (entries is None or (Block, block.id) in entries)
            and (self.home is None or all(self._back(node.id, bits) is not None for _, bits in leaving))
        )

    def _may_move(self, parts: Iterable[Block | Exit], node: str) -> bool:
        return not self.instance.moves or all(self._from_nearest(p, node) is not None for p in parts)

    def _entries(self, node: Node) -> dict[tuple[type, str], Any] | None:
        for profile in self.instance.profiles:
            if (profile.model, profile.device) == (self.model.id, node.device):
                blocks = {(Block, entry.block): entry for entry in profile.blocks}
                return {**blocks, **{(Exit, entry.exit): entry for entry in profile.exits}}
        return None

    def _back(self, node: str, bits: Fraction) -> Route | None:
        """The way of a result: least latency, then least energy, then link ids, of all simple routes."""
        if (node, bits) not in self.backs:
            routes = simple_routes(self.links, bits, node, HERE, {node})
            ways = [route for end, route in routes if end == self.home]
            first = min(ways, key=lambda way: (way.latency, way.energy, way.links), default=None)
            self.backs[node, bits] = first
        return self.backs[node, bits]

    def start(self, configuration: int) -> Choice:
        """Nothing done yet, the data on the source."""
        return Choice(Fraction(0), Fraction(0), configuration, (), ())

    def loads(self, choice: Choice) -> dict[Resource, Fraction]:
        """What a choice takes of every capacity."""
        loads: dict[Resource, Fraction] = defaultdict(Fraction)
        stages = self.configurations[choice.configuration]
        here = None
        routes = map(Route.of, choice.routes, choice.route_slices)
        for stage, node, route, size in zip(stages, choice.nodes, routes, choice.slices, strict=True):
            begins = node != here or bool(route.links)
            for name, amount in self.stage_loads(stage, node, route, size if begins else 0):
                loads[name] += amount
            here = node
        return loads

    def stage_loads(
        self, stage: Stage, node: str, route: Route, reserves: float | None
    ) -> Iterator[tuple[Resource, Fraction]]:
        """What a stage takes of every capacity; of compute what it reserves or its busy seconds, in op.

        It reserves 0 more where it goes on with a visit, and None where nodes have no slices.
        """
        seconds, _ = self.computing(stage, node)
        compute = Fraction(self.instance.node_by_id[node].compute)
        sliced = bool(self.instance.node_by_id[node].slices)
        share = Fraction(reserves or 0) if sliced else self.rate * stage.reach * seconds
        yield ("compute", node), share * compute
        yield ("memory", node), stage.memory
        for link, size in zip(route.links, route.slices, strict=True):
            bandwidth = Fraction(self.instance.link_by_id[link].bandwidth)
            sent = self.rate * stage.reach * stage.bits
            yield ("bandwidth", link), sent if size is None else Fraction(size) * bandwidth
        for (share, bits), (_, back) in zip(stage.leaving, self.results(stage, node), strict=False):
            for link in back.links:
                yield ("bandwidth", link), self.rate * share * bits

    def placed(self, choice: Choice) -> ApplicationPlacement:
        """The choice as an answer."""
        slices = choice.slices if any(choice.slices) else ()
        hops = choice.route_slices if any(map(any, choice.route_slices)) else ()
        return ApplicationPlacement(
            self.application.id, choice.configuration, choice.nodes, choice.routes, slices, hops
        )


class Route(NamedTuple):
    """Links from one node to another, with what one sample of a given size costs on them."""

    energy: Fraction
    latency: Fraction
    links: tuple[str, ...]
    slices: tuple[float | None, ...] = ()
    carbon: Fraction = Fraction(0)
    cost: Fraction = Fraction(0)

    @classmethod
    def of(cls, links: tuple[str, ...], slices: tuple[float | None, ...]) -> Route:
        """Of which only the links and slices are known."""
        return cls(Fraction(0), Fraction(0), links, slices)

    def over(self, link: DirectedLink, bits: Fraction, size: float | None = None) -> Route:
        """One hop more, perhaps in a slice."""
        joules = bits * Fraction(link.energy) + Fraction(link.energy_per_transfer)
        return Route(
            self.energy + joules,
            self.latency + bits / Fraction(size or 1) / Fraction(link.bandwidth) + Fraction(link.delay),
            (*self.links, link.id),
            (*self.slices, size),
            self.carbon + joules * Fraction(link.carbon),
            self.cost + bits * Fraction(link.price),
        )

    def hops(self, link: DirectedLink, bits: Fraction, load: Fraction) -> Iterator[Route]:
        """One hop more, once for every slice in which so many bits per second fit."""
        for size in link.bandwidth_slices or (None,):
            if size is None or load <= Fraction(size) * Fraction(link.bandwidth) * ONE_PLUS_TOLERANCE:
                yield self.over(link, bits, size)


HERE = Route(Fraction(0), Fraction(0), ())


def goes_on(choice: Choice, node: str, route: Route) -> bool:
    """Whether a block is part of the same visit as the one before it."""
    return choice.nodes[-1:] == (node,) and not route.links


Item = TypeVar("Item", Choice, Route)


def optimum(instance: Instance) -> Optimum:
    """The least objective of an instance, by whichever way is exact and affordable."""
    return plain_optimum(instance) if capacities_can_bind(instance) else frontier_optimum(instance)


# ------------------------------------------------------------------ every combination


def plain_optimum(instance: Instance) -> Optimum:
    """Every combination of every application's choices, cheapest first, with every capacity checked."""
    tasks = [Task(instance, application) for application in instance.applications]
    menus = [_menu(task) for task in tasks]
    best = _cheapest(menus, capacities_of(instance), {}, Fraction(0), None)
    if best is None:
        return Optimum(None, None)
    return answer(best[0], tasks, best[1])


def every_choice(task: Task) -> Iterator[Choice]:
    """Every configuration, assignment and simple route of one application, also those that are late."""
    for configuration, stages in task.configurations.items():
        yield from _every_choice(task, stages, task.start(configuration))


def _every_choice(task: Task, stages: list[Stage], choice: Choice) -> Iterator[Choice]:
    if len(choice.nodes) == len(stages):
        yield choice
        return
    stage = stages[len(choice.nodes)]
    here = choice.nodes[-1] if choice.nodes else task.application.source
    for node, route in ways_from(task, stage, here):
        if node in stage.nodes:
            for longer in task.runs(choice, stage, node, route):
                yield from _every_choice(task, stages, longer)


def ways_from(task: Task, stage: Stage, here: str) -> Iterator[tuple[str, Route]]:
    """Simple routes of a stage from a node; where it has slices also those back to it, for another visit."""
    load = task.rate * stage.reach * stage.bits
    for node, route in simple_routes(task.links, stage.bits, here, HERE, {here}, load):
        yield node, route
        for link in task.links if task.instance.node_by_id[here].slices else ():
            if (link.source, link.target) == (node, here):
                yield from ((here, longer) for longer in route.hops(link, stage.bits, load))


def simple_routes(
    links: list[DirectedLink],
    bits: Fraction,
    node: str,
    route: Route,
    seen: set[str],
    load: Fraction | None = None,
) -> Iterator[tuple[str, Route]]:
    """Routes of data, which load links by so many bits per second, in slices; results have none."""
    yield node, route
    for link in links:
        if link.source == node and link.target not in seen:
            longer = [route.over(link, bits)] if load is None else route.hops(link, bits, load)
            for one in longer:
                yield from simple_routes(links, bits, link.target, one, seen | {link.target}, load)


class _Dish(NamedTuple):
    power: Fraction
    loads: dict[Resource, Fraction]
    choice: Choice


def _menu(task: Task) -> list[_Dish]:
    possible = filter(task.keeps_limits, every_choice(task))
    dishes = (_Dish(task.value(c), task.loads(c), c) for c in possible)
    return sorted(dishes, key=lambda dish: dish.power)


Best = tuple[Fraction, tuple[Choice, ...]] | None


def _cheapest(
    menus: list[list[_Dish]],
    capacities: Mapping[Resource, Fraction],
    used: Mapping[Resource, Fraction],
    power: Fraction,
    best: Best,
) -> Best:
    """The cheapest combination within the capacities; menus are sorted, so too much ends a loop."""
    if not menus:
        return power, ()
    rest = sum((menu[0].power for menu in menus[1:] if menu), Fraction(0))
    for dish in menus[0]:
        if best is not None and power + dish.power + rest >= best[0]:
            break
        loads = {name: used.get(name, 0) + dish.loads.get(name, 0) for name in {*used, *dish.loads}}
        if any(amount > capacities[name] for name, amount in loads.items() if name in capacities):
            continue
        below = None if best is None else (best[0], ())
        found = _cheapest(menus[1:], capacities, loads, power + dish.power, below)
        if found is not None and (best is None or found[0] < best[0]):
            best = (found[0], (dish.choice, *found[1]))
    return best


def capacities_of(instance: Instance) -> dict[Resource, Fraction]:
    capacities: dict[Resource, Fraction] = {}
    for node in instance.nodes:
        usable = Fraction(node.max_utilisation) * Fraction(node.compute)
        capacities["compute", node.id] = usable * ONE_PLUS_TOLERANCE
        if node.memory is not None:
            capacities["memory", node.id] = Fraction(node.memory) * ONE_PLUS_TOLERANCE
    for link in instance.directed_links:
        capacities["bandwidth", link.id] = Fraction(link.bandwidth) * ONE_PLUS_TOLERANCE
    return capacities


# ------------------------------------------------------------------ only what nothing else beats


def frontier_optimum(instance: Instance) -> Optimum:
    """Each application on its own; exact when no capacity can bind."""
    tasks = [Task(instance, application) for application in instance.applications]
    chosen: list[Choice] = []
    for task in tasks:
        in_time = [choice for choice in frontier(task) if choice.took <= task.limit]
        if not in_time:
            return Optimum(None, None)
        chosen.append(min(in_time))
    power = sum((t.rate * c.energy for t, c in zip(tasks, chosen, strict=True)), Fraction(0))
    return answer(power, tasks, tuple(chosen))


def frontier(task: Task) -> list[Choice]:
    """Every energy and latency of one application that no other choice beats, cheapest first."""
    routes: dict[tuple[Fraction, Fraction], dict[str, dict[str, list[Route]]]] = {}
    done: list[Choice] = []
    for configuration, stages in task.configurations.items():
        fronts = {(task.application.source,): [task.start(configuration)]}
        for stage in stages:
            sent = stage.bits, task.rate * stage.reach * stage.bits
            if sent not in routes:
                routes[sent] = {n.id: _best_routes(task, *sent, n.id) for n in task.usable}
            arriving: dict[State, list[Choice]] = defaultdict(list)
            for (here, *_), choices in fronts.items():
                for node, ways in _and_back(task, *sent, here, routes[sent][here]):
                    for choice, way in product(choices, ways) if node in stage.nodes else ():
                        for longer in task.runs(choice, stage, node, way):
                            arriving[state(longer)].append(longer)
            fronts = {here: _unbeaten(choices) for here, choices in arriving.items()}
        done += (choice for choices in fronts.values() for choice in choices)
    return _unbeaten(done)


State = tuple[Any, ...]


def state(choice: Choice) -> State:
    """Where a choice is, and of a visit that may go on its slice and how busy that is."""
    return choice.nodes[-1], choice.slices[-1], choice.busy


def _and_back(
    task: Task, bits: Fraction, load: Fraction, here: str, routes: Mapping[str, list[Route]]
) -> Iterator[tuple[str, list[Route]]]:
    """The routes from a node by where they lead, and those that come back to a node with slices."""
    yield from routes.items()
    if task.instance.node_by_id[here].slices:
        last = [link for link in task.links if link.target == here]
        before = [(route, link) for link in last for route in routes.get(link.source, ())]
        back = [longer for route, link in before for longer in route.hops(link, bits, load)]
        yield here, _unbeaten(back)


def _best_routes(task: Task, bits: Fraction, load: Fraction, source: str) -> dict[str, list[Route]]:
    """Unbeaten routes from one node to every node; growing them until nothing changes."""
    fronts: dict[str, list[Route]] = {source: [HERE]}
    changed = True
    while changed:
        changed = False
        for link in task.links:
            old = fronts.get(link.target, [])
            longer = [way for route in fronts.get(link.source, []) for way in route.hops(link, bits, load)]
            new = _unbeaten([*old, *longer])
            if new != old:
                fronts[link.target], changed = new, True
    return fronts


def _unbeaten(items: Iterable[Item]) -> list[Item]:
    """Sorted by energy, each faster than the ones before; of equals the one with fewer links stays.

    Of choices whose results return it counts as well when the last is back.
    """

    def key(item: Choice | Route) -> tuple[object, ...]:
        links = item.links if isinstance(item, Route) else item.routes
        return item.energy, item.latency, len(links), links

    kept: list[Item] = []
    for item in sorted(items, key=key):
        if isinstance(item, Choice) and item.returned:
            if not any(o.latency <= item.latency and o.returned <= item.returned for o in kept):
                kept.append(item)
        elif not kept or item.latency < kept[-1].latency:
            kept.append(item)
    return kept


def capacities_can_bind(instance: Instance) -> bool:
    """Whether some node or link could be overloaded if everything ran on it."""
    worst: dict[str, Fraction] = defaultdict(Fraction)
    for application in instance.applications:
        task = Task(instance, application)
        everything = task.configurations.values()
        ops = [sum(most_ops(task, s) for s in stages) for stages in everything]
        bits = [sum(most_bits(s) for s in stages) for stages in everything]
        memory = [sum(s.memory for s in stages) for stages in everything]
        worst["compute"] += task.rate * max(ops, default=0)
        worst["bandwidth"] += task.rate * max(bits, default=0)
        worst["memory"] += max(memory, default=0)
    sliced = any(node.slices for node in instance.nodes)
    sliced |= any(link.bandwidth_slices for link in instance.links)
    return sliced or any(worst[kind] > capacity for (kind, _), capacity in capacities_of(instance).items())


def most_ops(task: Task, stage: Stage) -> Fraction:
    """What a stage takes at most of the compute of a node, per sample."""
    nodes = ((task.computing(stage, n)[0], task.instance.node_by_id[n].compute) for n in stage.nodes)
    return stage.reach * max((seconds * Fraction(compute) for seconds, compute in nodes), default=Fraction(0))


def most_bits(stage: Stage) -> Fraction:
    """What a stage sends at most over a link, per sample."""
    return stage.reach * stage.bits + sum((share * bits for share, bits in stage.leaving), Fraction(0))


def answer(power: Fraction, tasks: list[Task], choices: tuple[Choice, ...]) -> Optimum:
    placed = tuple(task.placed(choice) for task, choice in zip(tasks, choices, strict=True))
    return Optimum(float(power), Placement(placed))
