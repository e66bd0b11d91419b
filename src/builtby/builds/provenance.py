"""SLSA v1 provenance, as an unsigned in-toto statement: https://slsa.dev/spec/v1.1/provenance.

Subjects are the files that the build wrote and left below its working directory; dependencies are the files that it
read, and the executables that it ran, each with the digest taken at that moment.
"""

import posixpath
from typing import Any
from urllib.parse import quote

from builtby.builds.documents.parts import Parts, Program
from builtby.builds.documents.statement import identity, known, observation, statement
from builtby.builds.model import Record

PREDICATE = "https://slsa.dev/provenance/v1"
BUILD_TYPE = "https://builtby.dev/buildtypes/recorded/v1"
BUILDER = "https://builtby.dev/builders/record"


def provenance(record: Record) -> dict[str, Any]:
    """Return the statement of a record. The same record gives the same statement."""
    parts = Parts(record)
    return statement(parts, PREDICATE, {
        "buildDefinition": {
            "buildType": BUILD_TYPE,
            "externalParameters": {"command": list(record.command), "workingDirectory": record.cwd},
            "internalParameters": {**observation(record), "exitCode": record.exit_code},
            "resolvedDependencies": [*map(_tool, parts.programs), *_inputs(parts)],
        },
        "runDetails": {
            "builder": {"id": BUILDER, "version": {"builtby": record.host.get("builtby", "")}},
            "metadata": known(invocationId=parts.invocation, startedOn=record.started,
                              finishedOn=parts.finished or None),
        },
    })


def _tool(program: Program) -> dict[str, Any]:
    process, path = program.first, program.file.path
    uri = process.tool.purl if process.tool and process.tool.purl else process.package
    return {"name": posixpath.basename(path), "digest": {"sha256": program.file.sha256},
            "uri": uri or f"file://{quote(path)}",
            "annotations": {"path": path, **identity(process), **known(role=process.tool and process.tool.role)}}


def _inputs(parts: Parts) -> list[dict[str, Any]]:
    return [{"name": parts.short(path), "uri": f"file://{quote(path)}", "digest": {"sha256": digest}}
            for path, digest in parts.inputs]
