"""How things look on a terminal. Only the terminal's own sixteen colours, so that light and dark themes both serve."""

from builtby.model import Claim, Role

CLAIMS = {Claim.OBSERVED: "green", Claim.RECORDED: "green", Claim.DECLARED: "blue", Claim.INFERRED: "magenta"}
RATINGS = {"critical": "red", "high": "red", "medium": "yellow", "low": "", "none": "dim", "unknown": "magenta"}
ROLES = {role: "" if role is Role.COMPILER else "dim" for role in Role}
_UNITS = ("B", "kB", "MB", "GB", "TB", "PB")


def clean(text: str) -> str:
    r"""Return text that cannot steer the terminal: control characters, of paths and marks, become `\xNN`."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in text)


def human_size(size: float) -> str:
    """Return a number of bytes in decimal units: `1.4 GB`."""
    for unit in _UNITS[:-1]:
        if size < 1000:
            return f"{size:.0f} {unit}" if unit == "B" or size >= 100 else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:.1f} {_UNITS[-1]}"
