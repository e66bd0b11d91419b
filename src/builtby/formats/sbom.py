"""Bills of materials met on the way: what they declare of the tools that made their subject.

A compiler often stands where the author of the document belongs (CycloneDX `metadata.tools`, SPDX `Tool:` creators):
both places are read, as kinds of their own, and the rules tell a compiler from a writer of documents.
Sources: CycloneDX 1.2 to 1.7, SPDX 2.2 to 3.0.1 (Build profile).
"""

import re
from collections.abc import Iterator

from builtby.formats.base import Format, Reading
from builtby.formats.json_tools import MOST_BYTES, Json, at, decode, mapping, objects, string
from builtby.sources.view import View

MOST_TOOLS = 2000
_JSON = re.compile(rb'"(?:bomFormat"\s*:\s*"CycloneDX"|spdxVersion"\s*:\s*"SPDX-|@context"\s*:\s*"https://spdx\.org/)')
_XML = b"http://cyclonedx.org/schema/bom"


def read(view: View, path: str) -> Reading:
    """Return what a bill of materials declares of tools."""
    reading = Reading("sbom")
    if view.size > MOST_BYTES:
        reading.problem = f"a bill of materials of more than {MOST_BYTES >> 20} MiB"
        return reading
    data = view.read(0, view.size)
    if data.lstrip()[:1] == b"<" or data.startswith(b"\xef\xbb\xbf<"):
        return _cyclonedx_xml(reading, data)
    document = decode(data)
    if not isinstance(document, dict):
        reading.problem = "no JSON, or not a whole document"
    elif "bomFormat" in document:
        _cyclonedx(reading, document)
    elif "spdxVersion" in document:
        _spdx2(reading, document)
    else:
        _spdx3(reading, document)
    return reading


def named(item: dict[str, Json], *, version: str = "version") -> str:
    """Return `NAME VERSION` of a component, the form that the rules of declared tools read."""
    name, number = string(item.get("name")), string(item.get(version))
    return f"{name} {number}".strip()


def _cyclonedx(reading: Reading, document: dict[str, Json]) -> None:
    reading.facts["standard"] = f"CycloneDX {string(document.get('specVersion'))}"
    _subject(reading, at(document, "metadata", "component"))
    tools = at(document, "metadata", "tools")
    declared = objects(at(tools, "components") if isinstance(tools, dict) else tools, MOST_TOOLS)
    _all(reading, "sbom.tool", declared)
    for formula in objects(document.get("formulation"), MOST_TOOLS):
        _all(reading, "sbom.formulation", objects(formula.get("components"), MOST_TOOLS))
    for item in _properties(document):
        reading.add("sbom.property", item)


def _all(reading: Reading, kind: str, items: list[dict[str, Json]]) -> None:
    for item in items:
        value = named(item)
        if value:
            reading.add(kind, value)


def _properties(document: dict[str, Json]) -> Iterator[str]:
    """The official properties that hold a tool's version, of the document's subject only."""
    for item in objects(at(document, "metadata", "component", "properties"), MOST_TOOLS):
        name, value = string(item.get("name")), string(item.get("value"))
        if name.startswith("cdx:") and value:
            yield f"{name}={value}"


def _subject(reading: Reading, component: Json) -> None:
    if not isinstance(component, dict):
        return
    reading.facts["subject"] = (string(component.get("purl")) or named(component))[:512]
    for item in objects(component.get("hashes"), 20):
        if string(item.get("alg")) == "SHA-256":
            reading.facts["subject.sha256"] = string(item.get("content"))[:64].lower()


_XML_TOOL = re.compile(
    rb"<(?:\w+:)?(?:tool|component)\b[^>]*>(?:(?!</?(?:\w+:)?(?:tool|component)\b).){0,4000}?<(?:\w+:)?name>([^<]{1,200})"
    rb"</(?:\w+:)?name>\s*(?:<(?:\w+:)?version>([^<]{1,100})</)?", re.S,
)


def _cyclonedx_xml(reading: Reading, data: bytes) -> Reading:
    """XML by its tags alone: no entity is ever expanded, for no parser is asked."""
    version = re.search(rb"cyclonedx\.org/schema/bom/([\d.]+)", data[:4096])
    reading.facts["standard"] = f"CycloneDX {version[1].decode() if version else ''}".strip()
    for tag, kind in ((b"tools", "sbom.tool"), (b"formulation", "sbom.formulation")):
        start = data.find(b"<" + tag)
        end = data.find(b"</" + tag, start) if start >= 0 else -1
        for count, match in enumerate(_XML_TOOL.finditer(data[start:end]) if end > start else ()):
            if count >= MOST_TOOLS:
                break
            reading.add(kind, b" ".join(filter(None, match.groups())).strip())
    return reading


_SPDX_BUILD_TOOLS = frozenset({"BUILD_TOOL_OF", "DEV_TOOL_OF"})


def _spdx2(reading: Reading, document: dict[str, Json]) -> None:
    reading.facts["standard"] = string(document.get("spdxVersion"))[:20]
    creators = at(document, "creationInfo", "creators")
    for creator in (creators if isinstance(creators, list) else [])[:MOST_TOOLS]:
        if isinstance(creator, str) and creator.startswith("Tool: "):
            reading.add("sbom.tool", re.sub(r"-v?(?=\d)", " ", creator[6:].strip(), count=1))
    wanted = {
        string(relation.get("spdxElementId"))
        for relation in objects(document.get("relationships"), 1 << 20)
        if relation.get("relationshipType") in _SPDX_BUILD_TOOLS
    }
    for package in objects(document.get("packages"), 1 << 20) if wanted else ():
        if string(package.get("SPDXID")) in wanted:
            reading.add("sbom.formulation", named(package, version="versionInfo"))


def _spdx3(reading: Reading, document: dict[str, Json]) -> None:
    reading.facts["standard"] = "SPDX 3"
    graph = objects(document.get("@graph"), 1 << 20)
    by_id = {string(item.get("spdxId")): item for item in graph}
    for item in graph:
        kind = string(item.get("type"))
        if kind.endswith("Relationship") and item.get("relationshipType") == "usesTool":
            to = item.get("to")
            for other in (to if isinstance(to, list) else [to])[:MOST_TOOLS]:
                tool = by_id.get(string(other), {})
                value = named(tool, version="software_packageVersion")
                if value:
                    reading.add("sbom.formulation", value)
        elif kind == "Tool":
            reading.add("sbom.tool", re.sub(r"-v?(?=\d)", " ", string(item.get("name")), count=1))
        elif kind == "build_Build":
            _build(reading, item)


def _build(reading: Reading, item: dict[str, Json]) -> None:
    kind = string(item.get("build_buildType"))
    if kind:
        reading.add("sbom.build_type", kind)
    for entry in objects(item.get("build_parameter"), 200):
        for name, value in mapping({string(entry.get("key")): entry.get("value")}, 1):
            reading.add("sbom.build_parameter", f"{name}={value}")


def accepts(path: str, head: bytes) -> bool:
    """Whether a file's beginning shows it to be a bill of materials."""
    return _JSON.search(head) is not None or _XML in head


FORMAT = Format(
    "sbom", read,
    names=("bom.json", "bom.xml", "sbom.json", "sbom.xml", "sbom.spdx", "manifest.spdx.json"),
    suffixes=(".cdx.json", ".cdx.xml", ".spdx.json", ".spdx3.json", ".spdx.jsonld", ".cyclonedx.json", "-sbom.json",
              "_bom.json", "_sbom.json"),
    accepts=accepts, hoist=True,
)
