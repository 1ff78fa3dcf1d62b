# %% [markdown]
# # 5 Comparing methods, reading bounds
#
# Six methods answer the same question. Their answers differ in what they prove.

# %%
import finopt

instance = finopt.generate(nodes=12, blocks=8, seed=9)


def line(name: str, result: finopt.Result) -> str:
    """What a method holds and proves."""
    objective, bound, gap = (
        "-" if figure is None else f"{figure:{form}}"
        for figure, form in ((result.objective, ".5g"), (result.bound, ".5g"), (result.gap, ".2%"))
    )
    return f"{name:14} {result.status:11} {result.termination:10} {objective:>9} {bound:>9} {gap:>8}"


print(f"{'method':14} {'status':11} {'ended':10} {'objective':>9} {'bound':>9} {'gap':>8}")
for method in ("milp", "cspp", "labels", "fin", "fin-published", "mcp"):
    print(line(method, finopt.solve(instance, method, time_limit=20)))

# %% [markdown]
# - `OPTIMAL`: objective and bound agree. The exact methods have to agree with each other, and do.
# - `FEASIBLE`: a placement that passed the check. Without a bound (`fin-published`) nothing says how good it is; the bound of `mcp` is only the least
#   energy without limits.
# - gap = (objective - bound) / objective: at most so much could be saved.

# %% [markdown]
# ## A bound for FIN as published
#
# `certify=True` runs its levels once more, rounded down. More levels bring answer and bound together.

# %%
for gamma in (5, 10, 50, 200, 1000):
    result = finopt.solve(instance, "fin-published", gamma=gamma, certify=True)
    print(line(f"gamma {gamma}", result))

# %% [markdown]
# ## Several applications
#
# Only `fin`, `milp` and `cspp` place applications together. Their bounds tell how much the shared capacity leaves open.

# %%
fleet = finopt.generate_fleet(applications=20, devices=6, sites=2, clouds=1, seed=3)
for method in ("milp", "fin", "cspp"):
    print(line(method, finopt.solve(fleet, method, time_limit=20)))

# %% [markdown]
# ## Out of time
#
# An answer at the time limit is one that you may use: it passed the check, and its bound says how far it is from the optimum at most.

# %%
larger = finopt.generate_fleet(applications=100, devices=20, sites=4, clouds=1, seed=3)
print(line("milp, 2 s", finopt.solve(larger, "milp", time_limit=2)))
print(line("fin, 2 s", finopt.solve(larger, "fin", time_limit=2)))

# %% [markdown]
# ## A second judge
#
# Whatever found a placement, `finopt check --independent` evaluates it with a module that shares no code with the methods.

# %% language="bash"
# set -e
# finopt solve instances/toy/three-nodes.json --method labels --output plan.json > /dev/null
# finopt check --independent instances/toy/three-nodes.json plan.json
