# %% [markdown]
# # 1 First plan
#
# A phone behind Wi-Fi, an edge server, a cloud, and B-ResNet-110, a network with early exits. Where should its blocks run?

# %%
import finopt

instance = finopt.load("instances/radio/b-resnet110-wifi.json")
print(instance.description)

# %% [markdown]
# ## What is given
#
# Nodes compute at some speed and power, so an operation costs power / compute. Links send at some rate, and a bit costs energy.

# %%
for node in instance.nodes:
    print(f"{node.id:6} {node.compute / 1e9:5.0f} Gop/s  {node.power / node.compute * 1e9:.2f} nJ/op")
for link in instance.directed_links:
    print(
        f"{link.id:12} {link.bandwidth / 1e6:6.0f} Mbit/s  {link.energy * 1e9:5.0f} nJ/bit  {link.delay * 1e3:.0f} ms"
    )

# %% [markdown]
# The model is a chain of blocks. Behind each there is an exit; a configuration says which share of the samples leaves where.

# %%
(model,) = instance.models
for block in model.blocks:
    print(f"{block.id}: {block.ops / 1e6:6.1f} Mop, hands on {block.output_bits / 1e3:.0f} kbit")
for configuration in model.configurations:
    print(configuration.exits, configuration.shares, configuration.accuracy)

# %% [markdown]
# ## The plan

# %%
result = finopt.solve(instance)
placed = result.placement.applications[0]
print(
    result.status,
    f"{result.objective * 1e3:.1f} mJ, no placement costs less than {result.bound * 1e3:.1f} mJ",
)
print(placed.nodes, placed.routes)

# %% alt="Two boxes, phone with block1 and block2, edge with block3, an arrow between them; energy of computing and sending below"
from IPython.display import Image

finopt.plotting.plot_placement(instance, result.placement).figure.savefig("plan.png", dpi=150)
Image("plan.png")

# %% [markdown]
# Two blocks stay on the phone. There most samples leave at an early exit, so that only 45 % of them are sent. The third block is the heaviest; it
# runs on the edge server, at twice the energy per operation, because the phone would be too late.

# %% [markdown]
# ## What limits it

# %%
finopt.sensitivity(instance, result)

# %%
for milliseconds in (10, 15, 20, 30, 40, 50, 60):
    changed = instance.with_application("camera", max_latency=milliseconds * 1e-3)
    answer = finopt.solve(changed)
    print(f"{milliseconds} ms: {answer.objective * 1e3:6.1f} mJ  {answer.placement.applications[0].nodes}")

# %% [markdown]
# With 10 ms everything leaves the phone at once; with 60 ms nothing does. At 50 ms the first block runs on the edge and the data come back: its
# exit computes much there and sends little. The exact steps are a front:

# %% alt="Energy falls in steps while latency grows, one staircase for each accuracy"
fronts = finopt.pareto(instance)
finopt.plotting.plot_pareto(fronts).figure.savefig("front.png", dpi=150)
Image("front.png")

# %% [markdown]
# Next: [your own measurements](2_from_measurements.md).
