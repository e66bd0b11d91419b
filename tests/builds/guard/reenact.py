"""Re-enacts the attacks of history in a guard, and prints what was found and what was stopped: a table in Markdown.

`python -m tests.builds.guard.reenact [LEVEL] [ID…]`. Slow: each is a build of its own.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

from tests.builds.attacks.stage import Attack, attacks, sink, stage
from tests.builds.guard.guarded import Ran, guarded

READ_ONLY = {"sunspot": 'name = "read-only"\n[files]\nsource = "read-only"\n'}
"""Attacks on sources: they are re-enacted with sources that cannot be written."""


def play(attack: Attack, folder: Path, level: int, policy: str | None = None) -> Ran:
    """Run an attack in a guard, in a folder of its own."""
    with sink(attack.serves) as address:
        environment = stage(attack, folder, address)
        subprocess.run(["/bin/sh", "-c", attack.before], cwd=folder / "work", env=environment, check=True)
        command = attack.command.replace("{python}", sys.executable)
        return guarded(folder / "work", level, "/bin/sh", "-c", command, environment=environment, policy=policy)


def row(attack: Attack, ran: Ran) -> str:
    """Return a line of the table."""
    rules = sorted({one["rule"] for one in ran.record["findings"] if one["severity"] != "info"})
    stopped = sorted({one["rule"] for one in ran.record["findings"] if one["blocked"] and one["severity"] != "info"})
    missing = set(attack.expects) - set(rules)
    return f"| {attack.name} | {', '.join(rules)} | {', '.join(stopped) or 'no'} | {', '.join(missing)} | {ran.code} |"


def main() -> None:
    level, wanted = int((sys.argv[1:] or ["1"])[0]), sys.argv[2:]
    print("| attack | found | stopped | not found | exit code |\n|---|---|---|---|---|")
    for attack in attacks():
        if not wanted or attack.id in wanted:
            with tempfile.TemporaryDirectory(dir="/var/tmp") as folder:
                ran = play(attack, Path(folder).resolve() / "s", level, READ_ONLY.get(attack.id))
                print(row(attack, ran), flush=True)


if __name__ == "__main__":
    main()
