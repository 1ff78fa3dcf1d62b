# %% [markdown]
# # 2 From measurements to a plan
#
# A small network with three exits is measured on this machine, placed, cut and run. It recognises handwritten digits, and is shipped in
# `instances/digits` as an ONNX file. Everything happens on the command line.

# %% [markdown]
# ## Measure
#
# `finopt profile` cuts the file at three tensors and times every block and exit on one core.

# %% language="bash"
# set -e
# cp -r instances/digits work && cd work
# finopt profile digits.onnx --cut block1 --cut block2 --cut block3 --runs 100 --output times

# %% [markdown]
# ## Say what there is
#
# The project file names a camera, a gateway and a server, which are all this machine, with different powers. The measured energies are those of this
# machine, so they are left out; then the power of the node counts.

# %%
import csv
from pathlib import Path

with Path("work/times.csv").open(encoding="utf-8", newline="") as file:
    rows = [{**row, "energy_j": ""} for row in csv.DictReader(file)]
with Path("work/measured.csv").open("w", encoding="utf-8", newline="") as file:
    writer = csv.DictWriter(file, rows[0])
    writer.writeheader()
    writer.writerows(rows)
print(Path("work/project.yaml").read_text(encoding="utf-8"))

# %% [markdown]
# The sweep of the thresholds: which share of 600 held-out digits leaves where, and how many are right.

# %%
print(*Path("work/sweep.csv").read_text(encoding="utf-8").splitlines()[:6], sep="\n")

# %% [markdown]
# ## Plan

# %% language="bash"
# set -e
# cd work
# finopt build project.yaml --output instance.json 2> notes.txt
# finopt solve instance.json --output plan.json
# finopt check --independent instance.json plan.json

# %% [markdown]
# ## Does it hold?
#
# The plan is cut into an ONNX file per visit of a node. `finopt run` starts a process per node, holds data back as the links would, and compares every
# sample with the whole model and with the plan.

# %% language="bash"
# set -e
# cd work
# finopt split instance.json plan.json --model digits=digits.onnx --thresholds sweep.csv --output pieces
# finopt run pieces --samples samples.npz --count 100 --brief

# %% [markdown]
# On a machine that does something else besides, measured times are longer than planned. More:
# [your own measurements](../howto/own_measurements.md), [plans that run](../running.md).
