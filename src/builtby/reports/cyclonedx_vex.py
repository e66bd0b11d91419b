"""`cyclonedx-vex-json`: only the vulnerabilities, linked to the components of what `cyclonedx-json` writes."""

from typing import IO, Any
from urllib.parse import quote

from builtby import __version__
from builtby.reports import names
from builtby.reports.base import Report, ReportOptions
from builtby.reports.cyclonedx_vulnerabilities import Vulnerabilities
from builtby.reports.results import Results
from builtby.reports.stream import JsonWriter, iso_time

_VERSION = "1.6"


def write(results: Results, stream: IO[bytes], options: ReportOptions) -> None:
    """Write a VEX whose `affects` are BOM-Links into the bill of materials of the same scan."""
    digest = results.digest()
    document = f"urn:cdx:{names.serial(f'cyclonedx-{_VERSION}', digest)}/1#"
    out = JsonWriter(stream)
    out.member("$schema", f"http://cyclonedx.org/schema/bom-{_VERSION}.schema.json")
    out.member("bomFormat", "CycloneDX")
    out.member("specVersion", _VERSION)
    out.member("serialNumber", f"urn:uuid:{names.serial('cyclonedx-vex', digest)}")
    out.member("version", 1)
    out.member("metadata", _metadata(options))
    with Vulnerabilities(results, lambda ref: document + quote(ref, safe=":@")) as vulnerabilities:
        out.array("vulnerabilities", vulnerabilities, vulnerabilities.writer(stream))
    out.end()
    stream.write(b"\n")


def _metadata(options: ReportOptions) -> dict[str, Any]:
    time = {} if options.timestamp is None else {"timestamp": iso_time(options.timestamp)}
    builtby = {"type": "application", "bom-ref": names.BUILTBY_REF, "name": "builtby", "version": __version__}
    return {**time, "tools": {"components": [builtby]}}


REPORT = Report("cyclonedx-vex-json", "CycloneDX 1.6 VEX, to go with cyclonedx-json", write)
