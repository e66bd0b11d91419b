"""Provenance: in-toto statements (SLSA 0.1 to 1.2), alone, in DSSE envelopes, or in sigstore bundles.

Signatures are not checked here: what a statement says is a declared claim, whoever signed it.
"""

from base64 import b64decode, urlsafe_b64decode
from binascii import Error as Base64Error
from collections.abc import Iterator
from urllib.parse import unquote

from builtby.formats.base import Format, Reading
from builtby.formats.json_tools import MOST_BYTES, Json, at, decode, mapping, objects, string
from builtby.sources.view import View

MOST_STATEMENTS = 200
MOST_DEPENDENCIES = 20_000
MOST_SUBJECTS = 1000
_DEPTH = 8
"""Objects, lists and payloads within one another: an envelope in a registry's answer is six deep."""
_WRAPPED = ("dsseEnvelope", "bundle", "attestations", "attestation_bundles", "envelope", "bundles")


def read(view: View, path: str) -> Reading:
    """Return what the statements in a file declare of tools."""
    reading = Reading("provenance")
    if view.size > MOST_BYTES:
        reading.problem = f"a provenance of more than {MOST_BYTES >> 20} MiB"
        return reading
    found = False
    for statement in statements(view.read(0, view.size)):
        found = True
        _statement(reading, statement)
    if not found:
        reading.problem = "no in-toto statement in it"
    return reading


def statements(data: bytes) -> Iterator[dict[str, Json]]:
    """Yield the in-toto statements of a document or of one a line, out of what they are wrapped in."""
    whole = decode(data)
    documents = [whole] if whole is not None else [decode(line) for line in data.split(b"\n", MOST_STATEMENTS)]
    count = 0
    for document in documents[:MOST_STATEMENTS]:
        for statement in _unwrapped(document, _DEPTH):
            yield statement
            count += 1
            if count >= MOST_STATEMENTS:
                return


def _unwrapped(document: Json, depth: int) -> Iterator[dict[str, Json]]:
    if isinstance(document, list):
        for item in document[:MOST_STATEMENTS]:
            yield from _unwrapped(item, depth - 1) if depth else ()
    if not isinstance(document, dict) or not depth:
        return
    if string(document.get("_type")).startswith("https://in-toto.io/Statement/"):
        yield document
        return
    payload = string(document.get("payload")) or string(document.get("statement"))
    if payload:
        yield from _unwrapped(decode(_base64(payload)), depth - 1)
    for key in _WRAPPED:
        if key in document:
            yield from _unwrapped(document[key], depth - 1)


def _base64(text: str) -> bytes:
    try:
        return urlsafe_b64decode(text) if "-" in text or "_" in text else b64decode(text)
    except (Base64Error, ValueError):
        return b""


def _statement(reading: Reading, statement: dict[str, Json]) -> None:
    subjects = objects(statement.get("subject"), MOST_SUBJECTS)
    digests = [string(at(item, "digest", "sha256")) for item in subjects]
    reading.facts.setdefault("subject", ", ".join(filter(None, (string(s.get("name")) for s in subjects)))[:512])
    reading.facts.setdefault("subject.sha256", ",".join(filter(None, digests))[:4096])
    kind, predicate = string(statement.get("predicateType")), statement.get("predicate")
    if kind:
        reading.add("slsa.predicate", kind)
    if isinstance(predicate, dict) and "slsa.dev/provenance/" in kind:
        _provenance(reading, predicate)


def _provenance(reading: Reading, predicate: dict[str, Json]) -> None:
    """Version 1 has buildDefinition and runDetails; before it, builder, buildType, invocation and materials."""
    for place in (("runDetails", "builder"), ("builder",)):
        builder = at(predicate, *place)
        if string(at(builder, "id")):
            reading.add("slsa.builder", string(at(builder, "id")))
        for name, version in mapping(at(builder, "version"), 100):
            reading.add("slsa.builder.version", f"{name} {version}")
    for place in (("buildDefinition", "buildType"), ("buildType",)):
        if string(at(predicate, *place)):
            reading.add("slsa.build_type", string(at(predicate, *place)))
    for place in (("buildDefinition", "resolvedDependencies"), ("materials",)):
        for item in objects(at(predicate, *place), MOST_DEPENDENCIES):
            _dependency(reading, item)


def _dependency(reading: Reading, item: dict[str, Json]) -> None:
    uri, name = string(item.get("uri")), string(item.get("name"))
    if uri.startswith("pkg:"):
        reading.add("slsa.dependency", purl_named(uri))
    elif name and string(at(item, "annotations", "version")):
        reading.add("slsa.dependency", f"{name} {string(at(item, 'annotations', 'version'))}")


def purl_named(purl: str) -> str:
    """Return `TYPE:NAME VERSION` of a package URL; qualifiers are dropped."""
    kind, _, rest = purl[4:].partition("?")[0].partition("#")[0].lstrip("/").partition("/")
    name, _, version = rest.partition("@") if not rest.startswith("@") else (rest, "", "")
    return f"{kind}:{unquote(name.rpartition('/')[2])} {unquote(version)}".strip()


def accepts(path: str, head: bytes) -> bool:
    """Whether a file's beginning shows an in-toto statement, plain or wrapped."""
    return any(mark in head for mark in (
        b"in-toto.io/Statement", b"application/vnd.in-toto+json", b'"dsseEnvelope"', b'"predicateType"', b"in-toto.io",
    ))


FORMAT = Format(
    "provenance", read,
    names=("provenance.json", "attestation.json", "attestations.json"),
    suffixes=(".intoto.jsonl", ".intoto.json", ".intoto", ".sigstore", ".sigstore.json", ".att.json", ".provenance",
              ".provenance.json", ".attestation", ".publish.attestation", ".bundle.json", ".slsa.json"),
    accepts=accepts, hoist=True,
)
