"""What ``finopt check --independent`` says: where the second judge of placements disagrees with the first."""

from __future__ import annotations

import json

from finopt.evaluation.account import Evaluation
from finopt.evaluation.independent import judge
from finopt.evaluation.second_opinion import disagreements
from finopt.io import instance_file
from finopt.io.strict_json import parse
from finopt.problem.instance import Instance

DISAGREES = "the independent judge disagrees: "
AGREED = "the independent judge says the same"


def second_opinion_lines(instance: Instance, text: str, answer: str, evaluation: Evaluation) -> list[str]:
    """The disagreements of the judges, a line each.

    Parameters
    ----------
    instance : Instance
        As it was read; its applications are taken from here if they stand in a table and not in the text.
    text, answer : str
        Of the instance and result file: the second judge reads what they say and not what was made of it.
    evaluation : Evaluation
        What the first judge says.
    """
    document, _ = parse(text, "")
    if not isinstance(document["applications"], list):
        document["applications"] = json.loads(instance_file.write(instance))["applications"]
    verdict = judge(document, parse(answer, "")[0]["placement"])
    return [DISAGREES + line for line in disagreements(evaluation, verdict, instance.objective)]
