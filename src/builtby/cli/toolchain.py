"""`builtby toolchain`: whether compilers and build tools are what their packages shipped."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from builtby.cli import baselines
from builtby.cli.baselines import Form
from builtby.cli.help import Command, Group
from builtby.cli.say import Exit

if TYPE_CHECKING:
    from builtby.builds.toolchain.gather import Gathered
    from builtby.builds.toolchain.verify import Kept

BASELINE = "builtby/toolchain-baseline/1"
_WHAT, _OUT, _COUNTS = "What is looked at", "What comes out", "What counts"
_FAILING = "changed,missing,new,gone"

app = typer.Typer(
    cls=Group, rich_markup_mode=None, no_args_is_help=True,
    help="Verify the tools of this machine, or of an unpacked image, against their packages and a baseline.")


_Root = Annotated[Path, typer.Option("--root", metavar="DIR", rich_help_panel=_WHAT,
                                     help="Where the file system begins: that of an unpacked image or a chroot.")]
_Every = Annotated[bool, typer.Option("--everything", rich_help_panel=_WHAT,
                                      help="Every installed package, not the toolchain and what it needs alone.")]
_Projects = Annotated[list[Path] | None, typer.Argument(
    metavar="PROJECT", show_default=False,
    help="Projects whose .venv and node_modules count too. Default: this folder.")]


@app.command(cls=Command)
def verify(
    projects: _Projects = None,
    root: _Root = Path("/"),
    everything: _Every = False,
    baseline: Annotated[Path | None, typer.Option(metavar="FILE", rich_help_panel=_WHAT,
                        help="Compare with this baseline too.")] = None,
    form: Annotated[Form, typer.Option("-f", "--format", rich_help_panel=_OUT,
                                       help="terminal or json (builtby/toolchain/1).")] = Form.TERMINAL,
    output: Annotated[Path | None, typer.Option("-o", "--output", metavar="FILE", rich_help_panel=_OUT,
                      help="Write there, whole or not at all, instead of to standard output.")] = None,
    every: Annotated[bool, typer.Option("--all", rich_help_panel=_OUT,
                     help="List also what cannot be verified, was upgraded, or is known to differ.")] = False,
    fail_on: Annotated[str, typer.Option(metavar="WORD,…", rich_help_panel=_COUNTS,
                       help="States that make it exit with 1; also: unowned, unverifiable, upgraded, accepted.")
                       ] = _FAILING,
) -> None:
    """Compare every file of the toolchain with what its package shipped.

    Compilers, linkers, headers, start-up code and build tools, the packages of the same source, and what they need;
    dpkg, rpm, apk, pip and npm. Says what changed, is missing, is owned by no package, or cannot be verified.
    Exit code 1: something changed or is missing; 3: something could not be read, and the rest is reported.
    """
    from builtby.builds.toolchain import terminal
    from builtby.builds.toolchain.verify import verified

    states = _states(fail_on)
    kept = _baseline(baseline) if baseline else None
    result = verified(baselines.there(root), _gathered(root, projects, everything=everything), kept,
                      str(baseline) if baseline else None)
    baselines.write(result, lambda out: terminal.show(out, result, every=every), form, output)
    failing = {state: result.counts[state] for state in states if result.counts.get(state)}
    if failing:
        print("builtby: " + ", ".join(f"{number:,} {state}" for state, number in failing.items()), file=sys.stderr)
        raise typer.Exit(int(Exit.FINDINGS))
    baselines.leave_if_incomplete(result.problems)


@app.command(name="baseline", cls=Command)
def write_baseline(
    output: Annotated[Path, typer.Option("-o", "--output", metavar="FILE", help="Where the baseline goes.")],
    projects: _Projects = None,
    root: _Root = Path("/"),
    everything: _Every = False,
) -> None:
    """Write down what every file of the toolchain holds now, for `verify --baseline`.

    Keep it where this machine cannot write: it is under a checksum, and not signed.
    """
    from builtby.builds.toolchain.verify import held

    found = _gathered(root, projects, everything=everything)
    files = {path: [kept.digest, kept.package] for path, kept in held(baselines.there(root), found).items()}
    baselines.put(BASELINE, {"root": str(root), "files": files}, output)
    print(f"builtby: {len(files):,} files of {len(found.packages):,} packages → {output}", file=sys.stderr)
    baselines.leave_if_incomplete(found.problems)


def _gathered(root: Path, projects: list[Path] | None, *, everything: bool) -> "Gathered":
    from builtby.builds.toolchain.gather import gathered

    return gathered(baselines.there(root), tuple(one.resolve() for one in projects or [Path()]), everything=everything)


def _states(words: str) -> tuple[str, ...]:
    from builtby.builds.toolchain.model import STATES

    asked = tuple(word.strip() for word in words.split(",") if word.strip())
    unknown = [word for word in asked if word not in STATES or word in ("same", "unread")]
    if unknown:
        raise typer.BadParameter(f"{unknown[0]!r} is no state; there are: {', '.join(STATES[:-2])}")
    return asked


def _baseline(file: Path) -> "dict[str, Kept]":
    import msgspec

    from builtby.builds.toolchain.verify import Kept

    return baselines.take(BASELINE, file, lambda held: msgspec.convert(held.get("files"), type=dict[str, Kept]),
                          "Give --baseline what `builtby toolchain baseline -o FILE` wrote.")
