"""The second judge of the package goes over an answer; it reads files and none of the package's classes."""

from __future__ import annotations

import json
from typing import Any

MOST = 20_000
"""Applications and links that are judged twice: fractions of more would take the memory and time of a run."""


def judge_again(instance: Any, result: Any) -> bool:
    """Whether an answer was small enough to be judged a second time; ValueError where the judges disagree."""
    if result.placement is None or len(instance.applications) + len(instance.links) > MOST:
        return False
    from finopt.evaluation.independent import judge
    from finopt.evaluation.second_opinion import disagreements
    from finopt.io import instance_file, result_file

    placement = json.loads(result_file.write(result))["placement"]
    verdict = judge(json.loads(instance_file.write(instance)), placement)
    wrong = list(disagreements(result.evaluation, verdict, result.minimised))
    if wrong:
        raise ValueError(f"the independent judge disagrees: {'; '.join(wrong)}")
    return True
