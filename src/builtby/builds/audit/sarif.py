"""SARIF 2.1.0 of an audit: unsafe settings and findings, each at its line."""

from typing import Any
from urllib.parse import quote

import msgspec

from builtby import __version__
from builtby.builds.audit.base import rules
from builtby.builds.audit.model import Audit, Finding, Setting
from builtby.reports.sarif import HOME, SCHEMA

_LEVELS = {"critical": "error", "high": "error", "medium": "warning", "low": "note", "info": "note"}
_SCORES = {"critical": "9.5", "high": "8.0", "medium": "5.5", "low": "3.0", "info": "0.0"}


def document(audit: Audit) -> bytes:
    """Return the whole document."""
    hits: list[Finding | Setting] = [*audit.findings, *(one for one in audit.settings if not one.safe)]
    used = sorted({hit.rule for hit in hits})
    run = {
        "tool": {"driver": {"name": "builtby", "semanticVersion": __version__, "informationUri": HOME,
                            "rules": [_rule(rule) for rule in used]}},
        "automationDetails": {"id": "builtby/audit/"},
        "columnKind": "unicodeCodePoints",
        "invocations": [{"executionSuccessful": True, "toolExecutionNotifications": [
            {"level": "warning", "message": {"text": f"{one.path}: {one.reason}"}} for one in audit.skipped]}],
        "results": [_result(hit, used.index(hit.rule)) for hit in hits],
    }
    return msgspec.json.encode({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}) + b"\n"


def _rule(name: str) -> dict[str, Any]:
    rule = rules()[name]
    return {
        "id": name, "shortDescription": {"text": rule.title}, "fullDescription": {"text": rule.why},
        "help": {"text": f"{rule.why}\nSafer: {rule.safer}"},
        "defaultConfiguration": {"level": _LEVELS[rule.severity]},
        "properties": {"tags": ["security", "supply-chain"], "precision": rule.confidence,
                       "security-severity": _SCORES[rule.severity]},
    }


def _result(hit: Finding | Setting, place: int) -> dict[str, Any]:
    told = f"{hit.message} — {hit.remedy}" if isinstance(hit, Finding) else (
        f"{hit.value or 'not set'} — write to {hit.safer_path}: {hit.safer}")
    return {
        "ruleId": hit.rule, "ruleIndex": place, "level": _LEVELS[hit.severity],
        "message": {"text": f"{hit.title}: {told}"},
        "locations": [{"physicalLocation": {"artifactLocation": {"uri": quote(hit.path, safe="/!$&'()*+,;=@~")},
                                            "region": {"startLine": hit.line or 1}}}],
    }
