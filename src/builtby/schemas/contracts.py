"""The contracts that are published as JSON Schema, each made from the types that are written."""

from importlib import import_module
from typing import Any, NamedTuple

import msgspec


class Contract(NamedTuple):
    """A contract. `made_of`: module and type. `required`: members of the root that older documents have too."""

    title: str
    made_of: tuple[str, str]
    required: tuple[str, ...] = ()


CONTRACTS = {
    "record": Contract("builtby/record/1", ("builtby.builds.model", "Record"),
                       ("processes", "files", "network", "findings")),
    "audit": Contract("builtby/audit/1", ("builtby.builds.audit.model", "Audit"), ("schema",)),
    "record-diff": Contract("builtby/record-diff/1", ("builtby.builds.diff.model", "Diff")),
    "verify-sources": Contract("builtby/verify-sources/1", ("builtby.attested.model", "Check")),
    "toolchain": Contract("builtby/toolchain/1", ("builtby.builds.toolchain.model", "Verification")),
    "host": Contract("builtby/host/1", ("builtby.builds.host.model", "HostCheck")),
}
"""By the name that `builtby schema` knows them by; `scan`, the first, is made in reports/scan_json.py."""


def json_schema(contract: Contract) -> dict[str, Any]:
    """Return the JSON Schema of a contract. Members may be added to what it allows; none is taken away."""
    module, name = contract.made_of
    kind = getattr(import_module(module), name)
    (root,), parts = msgspec.json.schema_components([kind], ref_template="#/$defs/{name}")
    document = parts[name]
    document["properties"]["schema"] = {"const": contract.title}
    document["required"] = [*document.get("required", ()), *(
        one for one in contract.required if one not in document.get("required", ()))]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": contract.title,
        **root,
        "$defs": dict(sorted(parts.items())),
    }

