"""`runtime-trace`: what ran, was read and was turned to, as an unsigned in-toto statement.

Source: in-toto attestation, spec/predicates/runtime-trace.md, version 0.1; entries of `network` have the fields that
version 0.2 recommends, which 0.1 leaves to the monitor.
"""

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from builtby.builds.documents.base import Document
from builtby.builds.documents.parts import Parts, json_bytes
from builtby.builds.documents.statement import identity, known, observation, statement
from builtby.builds.model import Endpoint, Process, Record
from builtby.builds.provenance import BUILD_TYPE

PREDICATE = "https://in-toto.io/attestation/runtime-trace/v0.1"
MONITOR = "https://builtby.dev/monitors/record/v1"
_PROTOCOLS = {"connect": "tcp", "datagram": "udp", "dns": "udp"}


def runtime_trace(record: Record) -> dict[str, Any]:
    """Return the statement of a record."""
    parts = Parts(record)
    return statement(parts, PREDICATE, {
        "monitor": {
            "type": MONITOR,
            "tracePolicy": {"builtby": record.host.get("builtby", ""), **observation(record)},
        },
        "monitoredProcess": {"hostID": _host(record), "type": BUILD_TYPE, "event": parts.invocation},
        "monitorLog": {
            "process": list(map(_process, record.processes)),
            "network": list(map(_network, record.network)),
            "fileAccess": _files(record),
        },
        "metadata": known(buildStartedOn=record.started, buildFinishedOn=parts.finished or None),
    })


def _host(record: Record) -> str:
    """Return the kind of host as a URI: the record keeps no host's name."""
    words = (record.host.get(name, "") for name in ("system", "machine", "kernel"))
    return "urn:builtby:host:" + ":".join(quote(word, safe="") for word in words)


def _process(one: Process) -> dict[str, Any]:
    return known(
        eventType="process", id=one.id, parent=one.parent, replaces=one.replaces, pid=one.pid,
        processBinary=one.executable, arguments=list(one.argv), cwd=one.cwd,
        digest={"sha256": one.sha256} if one.sha256 else None, script=one.script, **identity(one),
        started=one.started, ended=one.ended, exitCode=one.exit_code)


def _network(one: Endpoint) -> dict[str, Any]:
    local = one.kind == "unix"
    return known(
        ip=None if local else one.address or None, hostname=one.host, port=one.port,
        protocol=_PROTOCOLS.get(one.kind), socket=one.address if local else None, kind=one.kind,
        hostnameClaim=one.host_claim, allowed=one.allowed, times=one.times, invokingProcess={"id": one.process})


def _files(record: Record) -> list[dict[str, Any]]:
    """Return each file once for each content and kind of use: who used it stands in the record."""
    used: dict[tuple[str, str, str, str], int] = {}
    for use in record.files:
        key = (use.path, use.access, use.sha256 or "", use.to or "")
        used[key] = used.get(key, 0) + use.times
    return [_file(*key, times) for key, times in sorted(used.items())]


def _file(path: str, access: str, digest: str, to: str, times: int) -> dict[str, Any]:
    described: dict[str, Any] = {"name": path, "uri": f"file://{quote(path)}"}
    if digest:
        described["digest"] = {"sha256": digest}
    return described | {"annotations": {"access": access, "times": times} | ({"to": to} if to else {})}


def write(record: Record) -> Iterator[bytes]:
    """Yield the statement."""
    yield json_bytes(runtime_trace(record))


DOCUMENT = Document("runtime-trace", "in-toto runtime-trace v0.1: processes, network, files", write)
