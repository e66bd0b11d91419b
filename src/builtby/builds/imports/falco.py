"""Falco's JSON alerts (`json_output: true`): a rule that met, and the fields that its output names.

Layout: https://falco.org/docs/concepts/outputs/formatting/ and
https://falco.org/docs/reference/rules/supported-fields/.
"""

from collections.abc import Hashable
from typing import Any

from builtby.builds.imports.calls import accesses, meaning
from builtby.builds.imports.fields import at, moment, text, whole, words
from builtby.builds.imports.scene import Actor, Program, Scene


class Falco:
    """Processes go by their number; many rules' outputs name none, and they go by their command line."""

    name = "falco"
    cannot: tuple[str, ...] = (
        "everything for which no Falco rule gave an alert: alerts are no log of a build",
        "when processes end, what they read and wrote beside the alerts, and what files held",
        "whose number was given to another process meanwhile",
    )

    def __init__(self, scene: Scene) -> None:
        self._scene = scene

    @staticmethod
    def recognises(document: Any) -> bool:  # noqa: ANN401  # JSON
        """Whether a document is an alert of Falco's."""
        return "output_fields" in document and "rule" in document

    def take(self, document: Any) -> bool:  # noqa: ANN401  # JSON
        """Take an alert."""
        fields = at(document, "output_fields")
        if not isinstance(fields, dict) or text(document, "source") not in (None, "syscall"):
            return False
        self._scene.at(moment(document, "time") or moment(fields, "evt.time"))
        actor = self._actor(fields)
        self._scene.notes(actor, f"falco: {text(document, 'rule')}", text(document, "output") or "")
        self._what(actor, fields)
        return True

    def finish(self) -> None:
        """Nothing is held back."""

    def _actor(self, fields: dict[str, Any]) -> Actor:
        above, pid = whole(fields, "proc.ppid"), whole(fields, "proc.pid")
        key: Hashable = pid if pid is not None else (text(fields, "container.id"), text(fields, "proc.cmdline"))
        if above is not None:
            line = text(fields, "proc.pcmdline") or text(fields, "proc.pname") or ""
            self._scene.actor(above, above, None, Program(words(line), text(fields, "proc.pexepath")))
        program = Program(words(text(fields, "proc.cmdline") or text(fields, "proc.name") or ""),
                          text(fields, "proc.exepath"), text(fields, "proc.cwd"),
                          text(fields, "proc.hash.sha256"))
        if meaning(text(fields, "evt.type") or "") == "exec":
            return self._scene.runs(key, pid or 0, program, above)
        return self._scene.actor(key, pid or 0, above, program)

    def _what(self, actor: Actor, fields: dict[str, Any]) -> None:
        kind, name = meaning(text(fields, "evt.type") or ""), text(fields, "fd.name")
        if kind in ("connect", "datagram"):
            self._turned(actor, kind, fields, name)
        elif kind == "open" and name:
            flags = text(fields, "evt.arg.flags") or text(fields, "evt.args") or ""
            write = at(fields, "evt.is_open_write") is True
            self._scene.uses(actor, name, ("write",) if write else accesses(flags))
        elif kind in ("rename", "link", "symlink"):
            old = text(fields, "evt.arg.oldpath") or text(fields, "fs.path.source") or name
            new = text(fields, "evt.arg.newpath") or text(fields, "fs.path.target")
            if old:
                self._scene.uses(actor, old, (kind,), to=new)
        elif kind in ("remove", "mode", "truncate", "read", "write"):
            path = name or text(fields, "evt.arg.name") or text(fields, "evt.arg.path") or text(fields, "fs.path.name")
            if path:
                self._scene.uses(actor, path, (kind,))

    def _turned(self, actor: Actor, kind: str, fields: dict[str, Any], name: str | None) -> None:
        address, port = text(fields, "fd.sip") or text(fields, "fd.rip"), whole(fields, "fd.sport")
        if address is None and name and "->" in name:
            there, _, number = name.rpartition("->")[2].rpartition(":")
            address, port = there.strip("[]") or None, int(number) if number.isdigit() else None
        if address:
            self._scene.turns(actor, kind, address, port, host=text(fields, "fd.sip.name"))
        elif name and name.startswith("/"):
            self._scene.turns(actor, "unix", name, None)
