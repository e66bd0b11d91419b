"""Results whose every text is from somebody who wishes the reader ill."""

from msgspec.structs import replace

from builtby.model import AdvisoryData, BuiltBy, Present, Role, Skipped, Target
from builtby.reports.results import Results
from tests.reports.exposures import LINKED, NOT_LINKED
from tests.reports.records import artifact

NAMES = (
    "<script>window.struck = 1</script>", "<img src=x onerror='window.struck = 1'>", "\"><svg onload=window.struck=1>",
    "'><iframe srcdoc='<script>parent.struck=1</script>'>", "</title></style></script><script>window.struck=1</script>",
    "<!--", "]]>", "&lt;b&gt;&#60;script&#62;", "usr/bin/\u202egpj.exe", "usr/\u2066bin\u2069/x",
    "line\nfeed\r\0\x1b[31m\x07",
    "javascript:alert(1)", "a" * 4096, "/".join(["deep"] * 1000), "\ud800lone", "{{constructor}}", "🙂 עברית naïve",
)


def hostile() -> Results:
    """Return them, in every field that a file can fill."""
    results = Results((Target(NAMES[0], "directory"), Target("x" * 4096, NAMES[4])))
    for number, raw in enumerate(NAMES):
        name = raw.encode("utf-8", "backslashreplace").decode()
        tool = BuiltBy(name[:200], name, Role.COMPILER, vendor=name, detail=name)
        url = f"javascript:window.struck=1//{name}" if number % 2 else f'https://x.example/"{name}'
        bad = replace(LINKED, id=name, aliases=(name,), tool=name, version=name, fixed_in=(name,), rule=name,
                      reason=name, url=url, rating=name, published=name, product=name)
        none = replace(NOT_LINKED, id=name, tool=name, reason=name)
        results.add(artifact(number, name, tool, target=number % 2, format=name[:100], exposures=(bad,),
                             not_exposed=(none,)))
        results.add(Present(number % 2, name, name, Role.RUNTIME, name, exposures=(bad,)))
        results.add(Skipped(0, name, name))
    results.advisories = AdvisoryData("embedded", "2026-08-23", 1, NAMES[:12])
    return results
