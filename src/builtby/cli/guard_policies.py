"""`builtby guard policies` and `builtby guard learn`."""

from pathlib import Path
from typing import Annotated

import typer

from builtby.cli.say import Exit, fail


def policies(
    name: Annotated[str | None, typer.Argument(metavar="NAME", help="Print this one, to be edited.")] = None,
) -> None:
    """List the ready-made policies, or print one."""
    from builtby.builds.guard import policy

    if name is None:
        for one in policy.presets():
            typer.echo(f"{one:<9}{policy.preset(one).description}")
        return
    try:
        typer.echo(policy.preset_text(name), nl=False)
    except policy.PolicyError as error:
        fail(Exit.USAGE, str(error))


def learn(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A record's folder, or its record.json.")],
    file: Annotated[Path | None, typer.Option("-o", "--output", metavar="FILE", help="Write to a file.")] = None,
    findings: Annotated[bool, typer.Option("--despite-findings", help="Learn from a record with findings, too.")
                        ] = False,
) -> None:
    """Write a policy that allows what a recorded build did: where it wrote, and the hosts that it turned to.

    A record with findings above info is refused, and one that is incomplete: what is learnt from an attack allows it.
    """
    from builtby.builds.guard.learn import learnt
    from builtby.cli.in_short import at_least
    from builtby.cli.output import opened
    from builtby.cli.record_show import read_record

    record = read_record(folder)
    if not findings and (bad := at_least(record, "low")):
        fail(Exit.FINDINGS, f"the record has {len(bad)} findings above info: {bad[0].rule}, {bad[0].message}",
             "Look at them with `builtby record show`. --despite-findings learns all the same.")
    if not record.complete and not findings:
        fail(Exit.INCOMPLETE, "the record is incomplete: a policy of it would forbid what was not seen",
             "--despite-findings learns all the same.")
    with opened(file) as stream:
        stream.write(learnt(record).encode())
