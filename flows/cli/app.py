"""`armature`: one command for runs, plans, evaluations and studies.

Each subcommand imports what it runs when it runs, so that `--help`, `ls`, `status` and errors of specs come at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from flows.cli.errors import reported
from infra.paths import HOME

DEFAULT_STORE = str(HOME / "store")

app = typer.Typer(
    help="Armature trains language models to reason, by reinforcement learning with verifiable rewards.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

Spec = Annotated[Path, typer.Argument(help="A file such as specs/quickstart.yaml.", show_default=False)]
Overrides = Annotated[
    list[str],
    typer.Option("--set", metavar="KEY=VALUE", help="train.learning_rate=1e-6; may be repeated.", show_default=False),
]
StoreUri = Annotated[str, typer.Option("--store", envvar="ARMATURE_STORE", help="file:// or s3:// URI, or a folder.")]
Replay = Annotated[
    bool, typer.Option("--replay", help="Make weights that were not kept again, where an evaluation is due.")
]
Run = Annotated[str, typer.Argument(help="NAME or NAME/IDENTITY of a run.", show_default=False)]


@app.command()
def train(
    spec: Spec,
    overrides: Overrides = [],  # noqa: B006  # typer reads it
    plan: Annotated[bool, typer.Option("--plan", help="Say what would run and what is stored; run nothing.")] = False,
    replay: Replay = False,
) -> None:
    """Train the experiment of a spec file. The same command goes on where a run ended."""
    with reported():
        if plan:
            from flows.cli.start import start_plan

            start_plan(spec, overrides, replay=replay)
        else:
            from flows.cli.start import start_training

            start_training(spec, overrides, replay=replay)


@app.command("plan")
def plan_command(spec: Spec, overrides: Overrides = [], replay: Replay = False) -> None:  # noqa: B006
    """Say what a start of `train` would run, what the store has, and why; run nothing."""
    with reported():
        from flows.cli.start import start_plan

        start_plan(spec, overrides, replay=replay)


@app.command()
def probe(spec: Spec, overrides: Overrides = []) -> None:  # noqa: B006
    """Run iteration 0 alone and show it: samples, verdicts, hours, and what is wrong. `train` takes it from there."""
    with reported():
        from flows.cli.start import start_probe

        start_probe(spec, overrides)


@app.command()
def data(
    spec: Spec,
    overrides: Overrides = [],  # noqa: B006
    count: Annotated[int, typer.Option(min=0, help="So many problems.")] = 3,
) -> None:
    """Show the first problems of a spec as the policy sees them, token by token."""
    with reported():
        from flows.cli.start import show_data

        show_data(spec, overrides, count)


@app.command()
def ls(store: StoreUri = DEFAULT_STORE) -> None:
    """List the runs in the store."""
    with reported():
        from flows.cli.runs import list_runs, open_store

        print(list_runs(open_store(store)))


@app.command()
def status(name: Run, store: StoreUri = DEFAULT_STORE) -> None:
    """Say where a run stands."""
    with reported():
        from flows.cli.runs import open_store, run_status

        print(run_status(open_store(store), name))


@app.command()
def export(
    name: Run,
    folder: Annotated[Path, typer.Argument(help="A new or empty folder.", show_default=False)],
    iteration: Annotated[int | None, typer.Option(help="Default: the newest that is stored.")] = None,
    adapter: Annotated[bool, typer.Option("--adapter", help="Of a run with an adapter, it alone, for peft.")] = False,
    store: StoreUri = DEFAULT_STORE,
) -> None:
    """Write the weights of a run in Hugging Face format; an adapter is merged into them."""
    with reported():
        from flows.cli.runs import open_store
        from tasks.run.export import export_policy

        print(export_policy(open_store(store), name, folder, iteration, adapter=adapter))


@app.command()
def rescore(
    name: Run,
    overrides: Overrides = [],  # noqa: B006
    store: StoreUri = DEFAULT_STORE,
) -> None:
    """Judge the stored responses of a run by another reward: `--set reward...`. Nothing is sampled or trained."""
    with reported():
        from flows.cli.rescore import rescore as rescored
        from flows.cli.runs import open_store

        print(rescored(open_store(store), name, overrides))


@app.command("eval")
def evaluate(spec: Spec, overrides: Overrides = []) -> None:  # noqa: B006
    """Evaluate the newest checkpoint of an experiment, as its nights do."""
    with reported():
        from flows.cli.start import start_night

        start_night(spec, overrides)


@app.command()
def compare(
    first: Annotated[str, typer.Argument(metavar="POLICY", show_default=False)],
    second: Annotated[str, typer.Argument(metavar="POLICY", show_default=False)],
    spec: Annotated[
        Path | None, typer.Option(help="Whose suites, sampling and prompts; default: the first run's own.")
    ] = None,
    overrides: Overrides = [],  # noqa: B006
    store: StoreUri = DEFAULT_STORE,
) -> None:
    """Compare two policies on the same suites, by pairs of questions.

    A POLICY is NAME, NAME/IDENTITY or NAME@ITERATION of a run; hf://OWNER/MODEL or a folder with config.json;
    http://HOST:PORT#MODEL.
    """
    with reported():
        from flows.cli.start import start_comparison

        start_comparison(first, second, spec, overrides, store)


@app.command()
def study(
    file: Annotated[Path, typer.Argument(help="A file such as specs/studies/arm-vs-grpo.yaml.", show_default=False)],
    overrides: Overrides = [],  # noqa: B006
    seeds: Annotated[str | None, typer.Option(help="Such as 1,2,3: in place of the file's, for every variant.")] = None,
    side_by_side: Annotated[int | None, typer.Option(min=1, help="Cells at a time; default: the file's.")] = None,
    plan: Annotated[bool, typer.Option("--plan", help="Say which cells would run; run nothing.")] = False,
    report: Annotated[bool, typer.Option("--report", help="Report the results that are there; run nothing.")] = False,
) -> None:
    """Run the cells of a study that have no result yet, and report it."""
    with reported():
        from flows.cli.start import start_study

        given = None if seeds is None else _numbers(seeds)
        start_study(file, overrides, given, side_by_side, plan=plan, report=report)


@app.command()
def deploy() -> None:
    """Create or update a Prefect deployment for each spec and study; print their names."""
    with reported():
        from flows.deployments import deploy_all

        for name in deploy_all():
            print(name)


@app.command()
def gc(
    store: StoreUri = DEFAULT_STORE,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be removed; remove nothing.")] = False,
    grace: Annotated[
        float, typer.Option(metavar="HOURS", help="Keep what was written in the last so many hours.")
    ] = 24,
) -> None:
    """Remove what no run names and what killed writers left."""
    if not grace >= 0:
        raise typer.BadParameter(f"--grace {grace}: hours, 0 or more")
    with reported():
        from flows.cli.runs import store_uri
        from infra.gc import collect

        print(collect(store_uri(store), dry_run=dry_run, grace_h=grace))


def _numbers(text: str) -> list[int]:
    try:
        return [int(number) for number in text.replace(",", " ").split()]
    except ValueError:
        raise typer.BadParameter(f"--seeds {text}: want numbers such as 1,2,3") from None


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line: `armature ARGUMENTS`. Leaves by SystemExit."""
    app(args=None if arguments is None else list(arguments), prog_name="armature")
