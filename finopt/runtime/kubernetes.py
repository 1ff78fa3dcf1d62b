"""The pieces of a plan as Deployments of Kubernetes, one per piece, each on the host named like the node.

finopt ships no server: image and volume are placeholders, which the user replaces.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from finopt.problem.extras import extra_module
from finopt.runtime.manifest import ApplicationPlan, Manifest, Piece
from finopt.runtime.names import object_names

IMAGE = "registry.example/serves-a-piece:replace-me"
"""Stands for an image that serves a piece of a manifest."""

CLAIM = "finopt-plan-replace-me"
"""Stands for a volume claim that holds the folder of the plan."""

FOLDER = "/plan"
PORT = 8080

HEADER = f"""\
# Deployments of the pieces of a plan, one per piece, by finopt split. Replace before use:
#   image      {IMAGE}: an image that serves one piece of {FOLDER}/manifest.json on port {PORT}
#   claimName  {CLAIM}: a volume claim with this folder
# A node of the plan is the host of the same name (label kubernetes.io/hostname).
"""


def deployments(manifest: Manifest) -> str:
    """All Deployments as one YAML file.

    Raises
    ------
    BackendError
        PyYAML is not installed.
    """
    yaml = extra_module("yaml", "build", "a file for Kubernetes")
    names = object_names(f"finopt-{piece.id}" for _, piece in _pieces(manifest))
    documents = [_deployment(names[f"finopt-{piece.id}"], plan, piece) for plan, piece in _pieces(manifest)]
    text: str = yaml.safe_dump_all(documents, sort_keys=False, explicit_start=True)
    return HEADER + text


def _pieces(manifest: Manifest) -> Iterator[tuple[ApplicationPlan, Piece]]:
    for plan in manifest.applications:
        for piece in plan.pieces:
            yield plan, piece


def _deployment(name: str, plan: ApplicationPlan, piece: Piece) -> dict[str, Any]:
    labels = {
        "app.kubernetes.io/name": name,
        "app.kubernetes.io/part-of": "finopt-plan",
    }
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "labels": labels, "annotations": _annotations(plan, piece)},
        "spec": {
            "replicas": 1,
            "selector": {"matchLabels": {"app.kubernetes.io/name": name}},
            "template": {"metadata": {"labels": dict(labels)}, "spec": _pod(piece)},
        },
    }


def _annotations(plan: ApplicationPlan, piece: Piece) -> dict[str, str]:
    """What people want to know who find the Deployment."""
    return {
        "finopt/application": plan.application,
        "finopt/model": plan.model,
        "finopt/blocks": " ".join(piece.blocks),
    }


def _pod(piece: Piece) -> dict[str, Any]:
    return {
        "nodeSelector": {"kubernetes.io/hostname": piece.node},
        "containers": [
            {
                "name": "piece",
                "image": IMAGE,
                "args": ["--manifest", f"{FOLDER}/manifest.json", "--piece", piece.id],
                "ports": [{"containerPort": PORT}],
                "resources": {"requests": {"cpu": "1"}},
                "volumeMounts": [{"name": "plan", "mountPath": FOLDER, "readOnly": True}],
            }
        ],
        "volumes": [{"name": "plan", "persistentVolumeClaim": {"claimName": CLAIM, "readOnly": True}}],
    }
