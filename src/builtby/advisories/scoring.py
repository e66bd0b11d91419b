"""How bad an advisory is: CVSS base scores of versions 2, 3 and 4, computed from their vectors."""

from typing import Any, NamedTuple

WORDS = ("critical", "high", "medium", "low", "none")
_BOUNDS = ((9.0, "critical"), (7.0, "high"), (4.0, "medium"), (0.1, "low"), (0.0, "none"))
_ALIKE = {"moderate": "medium", "important": "high", "negligible": "low"}


class Score(NamedTuple):
    """A base score (0 to 10), the vector that it comes from, and the word for it; `unknown` when nobody scored it."""

    value: float | None
    vector: str | None
    rating: str


def score_of(severity: list[dict[str, Any]], ours: dict[str, Any]) -> Score:
    """Return the score of the newest CVSS version given; else what the source says without a vector."""
    vectors = {str(item.get("type")): str(item.get("score")) for item in severity if isinstance(item, dict)}
    for kind in ("CVSS_V4", "CVSS_V3", "CVSS_V2"):
        value = base_score(vectors[kind]) if kind in vectors else None
        if value is not None:
            return Score(value, vectors[kind], rating(value))
    said = ours.get("cvss_v3_score")
    if isinstance(said, int | float) and 0 <= said <= 10:
        return Score(float(said), None, rating(float(said)))
    word = str(ours.get("severity_word") or "").lower()
    word = _ALIKE.get(word, word)
    return Score(None, None, word if word in WORDS else "unknown")


def base_score(vector: str) -> float | None:
    """Return the base score of a CVSS vector; None when it is none."""
    from cvss import CVSS2, CVSS3, CVSS4
    from cvss.exceptions import CVSSError

    if len(vector) > 200:
        return None
    kind = CVSS4 if vector.startswith("CVSS:4") else CVSS3 if vector.startswith("CVSS:3") else CVSS2
    try:
        scores = kind(vector).scores()
    except (CVSSError, ValueError, KeyError, IndexError):
        return None
    return float(scores[0])


def rating(score: float) -> str:
    """Return CVSS's word for a base score."""
    return next(word for bound, word in _BOUNDS if score >= bound)
