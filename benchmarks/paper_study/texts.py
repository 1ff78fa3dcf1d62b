"""The prose of the report."""

INTRO = """The scenario, networks and ranges of C. Singhal, Y. Wu, F. Malandrino, M. Levorato, C. F.
Chiasserini: Resource-aware Deployment of Dynamic DNNs over Multi-tiered Interconnected Systems (IEEE
INFOCOM 2024, arXiv 2404.08060; journal version IEEE Transactions on Networking 33(4), 2025), solved by
`python benchmarks/paper.py`. Figures of the scenario are those of the authors' scripts, see
`instances/data/README.md`. All energies come from `finopt.evaluate`."""

CLAIMS = """The papers' figures show one network against the latency limit and against the accuracy target;
the mean is over all points of both sweeps at which both methods have a plan."""

SAVINGS = """What FIN (default) saves, mean over the points at which both have a plan; in brackets the
points at which the other has none although there is one. `grid.csv` has every point, with energy split
into computing and communication. Where all blocks on the device keep the limit, that is the optimum of
this scenario: the device has the least energy per operation (0.55 nJ, edge 0.91, cloud 1.28), and nothing
is sent."""

ARITHMETIC = """MCP takes the fastest path, whatever the limit: its energy does not fall when the limit is
relaxed, and the saving is 1 - FIN / MCP, no more than what the frugal plans within the limit allow.
Against the target MCP also runs past the exit that would do, because later exits cost it little time and
reduce the share of the accuracy target: there the saving is largest. Energies are computing +
communication."""

SLICES = """A user of each network (B-AlexNet and B-ResNet on CIFAR-10 within 5 ms at 50 %, B-LeNet within
0.1 ms at 95 %, as in the authors' scripts), each with its slice of the compute that edge and cloud allot
to the network, shared equally. Power of all users at one inference per second each; in brackets what FIN
saves."""

EXITS = """The exits that MCP runs to. With many users a slice is slow, a later exit costs MCP more of the
latency limit than it saves of the accuracy target, and it stops earlier: its power falls, and with it what
FIN saves."""

SHARED = """One edge server and one cloud for all, with their compute as a limit: users of B-AlexNet (5 ms,
80 %) at {rate:g} inferences per second. MCP and the fixed plans choose for each user alone; where that
overloads a node, the table says by how much. Only the joint methods keep every limit."""

THRESHOLDS = """BranchyNet's measured threshold settings (accuracy and exit shares) on the scenario's
nodes: what choosing the setting together with the placement saves over choosing one before the other, mean
over the points (largest), and in brackets at how many points the other order ends without a plan although
there is one. *Fewest operations*: the admissible setting with the fewest expected operations, then its
best placement. *Most accurate*: the most accurate setting, then its best placement. *Placement first*: the
best placement of the setting with the most operations, then the cheapest setting on it."""

INTERPRETED = """- **MCP.** Two constraints, latency and accuracy; the auxiliary weight of Xue et al.
  (2007) on every arc, the accuracy target's share alpha / A on an arc that ends the path at an exit
  (`docs/model.md`). The authors' scripts use a greedy rule with factors (0.5, 0.85) that are not in the
  papers. Energy plays no part in either.
- **Targets.** 80 % is out of reach on CIFAR-100 (60.32 % at most): there the latency sweep uses 60 %.
  LeNet's limits are 16 to 40 microseconds, for it needs 23 on the device alone; its accuracy sweep has the
  scripts' limit of 0.1 ms.
- **Fixed plans** keep block 1 on the device, as every plan in this scenario, and use the cheapest exit
  that meets the limits; the best single split is chosen for energy, over all exits and both other tiers.
- **FIN with gamma 3, 10, 20** takes gamma literally, but after the lossless reduction, whose best
  completed path stands in where rounding loses paths; that is why even 3 levels reach the optimum here.
  The papers' FIN has no such reduction.
- **Slices** (several applications): as in the scripts an application of a user has the compute `share /
  users` of edge and cloud and is charged their whole power as long as it computes, so the energy per
  operation there grows with the users. The scripts divide the cloud's share for B-AlexNet by another
  thousand; that is taken for a slip.
- **Memory** is not in the authors' scripts, and the scenario has no figures for it; the methods respect it
  where an instance states it. The papers' 89 % is over alternatives with memory and resource allocation;
  here it is MCP with the same slices."""
