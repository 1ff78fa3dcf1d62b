# %% [markdown]
# # 3 An operator's network
#
# 50 cities of Germany, ten of them with an edge server, 500 devices and 5 000 applications. Where should everything run, what is scarce, and
# which server should be bought next?

# %% [markdown]
# ## The instance
#
# The topology is SNDlib's `germany50`, by its name in topohub. Servers, devices and radios are those of finopt's catalogue, and the applications are
# drawn: rates from 0.2 to 2 samples a second, limits from 1.5 to 3 times what is possible at all.

# %%
from pathlib import Path

import finopt
from finopt.io.project import build

Path("operator.yaml").write_text(
    """
name: operator
network:
  topology: sndlib/germany50
  tiers:
    cloud: {by: degree, count: 1, card: NVIDIA A100 SXM4 40GB}
    edge: {by: k-median, count: 10, card: NVIDIA T4}
    devices:
      - {name: phone, kind: Apple A14, radio: LTE, count: 300}
      - {name: board, kind: Jetson Nano, radio: Wi-Fi, count: 200}
models:
  - {file: instances/radio/b-resnet110-wifi.json}
  - {file: instances/early_exit/b-alexnet-cifar10-worst.json}
applications: {count: 5000, rate: [0.2, 2], times_fastest: [1.5, 3]}
""",
    encoding="utf-8",
)
built = build("operator.yaml")
print(*(note.text for note in built.notes), sep="\n")
instance = built.instance

# %% [markdown]
# ## The plan

# %%
result = finopt.solve(instance, "fin")
evaluation = finopt.evaluate(instance, result.placement)
print(f"{result.status}: {result.objective:.1f} W, at most {result.gap:.2%} above the optimum")
print("feasible:", evaluation.feasible)

# %% alt="Totals per tier: how many blocks run on mobile, edge and cloud nodes, and the power that computing and sending take"
from IPython.display import Image

finopt.plotting.plot_placement(instance, result.placement).figure.savefig("plan.png", dpi=150)
Image("plan.png")

# %%
nodes = evaluation.to_frame("nodes").set_index("node")
nodes.loc[
    [node.id for node in instance.nodes if node.tier != "mobile" and node.compute], ["compute_utilisation"]
]

# %% [markdown]
# ## What is scarce
#
# A price is what one more unit of a capacity would save [W per op/s here]. Times the capacity of the node it is comparable.

# %%
prices = {
    price["id"]: price["price"] * instance.node(price["id"]).compute for price in result.stats["prices"]
}
for name, watts in sorted(prices.items(), key=lambda item: -item[1]):
    print(f"{name:14} {watts:5.2f} W per server")

# %% [markdown]
# ## What to buy next
#
# Prices hold for a little more of the same. A second card at a site is a lot more, and a site that is twice as fast also comes in time for more
# applications. So the candidates are solved anew:

# %%
for name in sorted(prices, key=lambda name: -prices[name])[:4]:
    node = instance.node(name)
    bought = instance.with_node(name, compute=2 * node.compute, power=2 * node.power)
    answer = finopt.solve(bought, "fin")
    sure = result.objective - answer.objective
    print(f"a second card at {name:14} saves {sure:5.2f} W, price x capacity said {prices[name]:5.2f} W")

# %% [markdown]
# Each plan is within 0.1 % of its optimum, here a watt, so smaller differences between candidates do not count.
#
# Without the topology and with up to a million applications, `finopt.generate_fleet` draws such instances:
# [many applications](../howto/many_applications.md).
