"""The command ``finopt build``: an instance from a project file."""

from __future__ import annotations

from pathlib import Path

import click

from finopt.cli.options import STDOUT, NewFile, save_instance, told, type_of
from finopt.cli.streams import say


@click.command("build")
@click.argument("project", required=False)
@click.option("-o", "--output", type=NewFile(), help="Write here and not to standard output.")
@click.option(
    "--file",
    "files",
    multiple=True,
    metavar="NAME=PATH",
    help="Read PATH, which may lie anywhere, where the project names the file NAME.",
)
@click.option("--seed", type=type_of("seed"), help="Of random draws.  [default: that of the project]")
@click.option(
    "--example", metavar="DIR", help="Write a small complete project to start from, and do nothing else."
)
def build_command(
    project: str | None, output: Path | None, files: tuple[str, ...], seed: int | None, example: str | None
) -> None:
    """Build the instance that PROJECT describes: network, tiers, models, profiles, exits, applications.

    PROJECT is a YAML file (docs/projects.md). What was assumed is listed on standard error. Applications of
    large populations are written as a table beside the output.

    \b
    Example: finopt build --example first
    Example: finopt build first/project.yaml --output instance.json
    """
    if (project is None) == (example is None):
        raise click.UsageError("Give a PROJECT, or --example DIR and nothing else.")
    if example is not None:
        _write_example(Path(example))
        return
    from finopt.io.project import build  # loads numpy and pydantic's classes of every section

    assert project is not None
    built = build(project, _given(files), seed)
    for line in _assumed(built.notes):
        say(line, error=True)
    save_instance(built.instance, output)
    if output not in (None, STDOUT):
        say(f"{output}: {built.instance}")


def _given(files: tuple[str, ...]) -> dict[str, Path]:
    """Names of the project and the files that stand for them."""
    found = {}
    for text in files:
        name, equals, path = text.partition("=")
        if not (name and equals and path):
            raise click.BadParameter(f"{text!r} is not of the form NAME=PATH.", param_hint="'--file'")
        found[name] = Path(path)
    return found


def _assumed(notes: tuple[tuple[str, str], ...]) -> list[str]:
    """What was assumed, a line each, section and text in columns."""
    if not notes:
        return []
    width = max(len(of) for of, _ in notes)
    return ["assumed:", *(f"  {of:{width}}  {text}" for of, text in notes)]


def _write_example(folder: Path) -> None:
    from finopt.io.project import write_example

    with told(folder):
        for path in write_example(folder):
            say(f"{path} written")
    say(f"next: finopt build {folder / 'project.yaml'} --output {folder / 'instance.json'}")
