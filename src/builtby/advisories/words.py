"""The plain words of exposures, the same in every output."""

import re

from builtby.model import Action, Exposure, ExposureClass, ExposureStatus

CLASSES = {
    ExposureClass.BUILD_HOST: "the machine that ran the tool was exposed",
    ExposureClass.ARTIFACT_CODEGEN: "the tool may have written bad code into it",
    ExposureClass.ARTIFACT_LINKED: "vulnerable library code of the tool is inside",
    ExposureClass.RUNTIME: "the interpreter or virtual machine that runs it is vulnerable",
    ExposureClass.PLATFORM: "what builds or runs the containers is vulnerable",
    ExposureClass.UNKNOWN: "the data does not say what it means for the artifact",
    ExposureClass.END_OF_LIFE: "nobody patches this version any more",
}
"""What an exposure of the class means."""

ACTIONS = {
    Action.UPDATE_BUILDER: "update the builder",
    Action.UPDATE_AND_REBUILD: "update and rebuild",
    Action.UPDATE_RUNTIME: "update the runtime",
    Action.UPDATE_BOTH: "update both sides",
    Action.READ: "read the advisory",
    Action.NONE: "nothing to do",
}
"""What to do, in as few words as a table has room for."""

_SENTENCES = {
    Action.UPDATE_BUILDER: "Update {tool}{to} on the machines that build; nothing in the artifact needs to change.",
    Action.UPDATE_AND_REBUILD: "Update {tool}{to}, then rebuild and ship again what it made.",
    Action.UPDATE_RUNTIME: "Update {tool}{to} where it is shipped or runs.",
    Action.UPDATE_BOTH: "Update {tool}{to} on the machines that build and on those that run containers.",
    Action.READ: "Read the advisory and decide.",
    Action.NONE: "Nothing to do.",
}
_NO_FIX = "No fixed version of {tool} is known; once there is one: "
_UNSUPPORTED = "Move to a supported version of {tool}{to}: nobody patches this one any more."
_STATUSES = {
    ExposureStatus.AFFECTED: "affected",
    ExposureStatus.UNVERIFIED: "unverified",
    ExposureStatus.NOT_LINKED: "the vulnerable code is not linked in",
    ExposureStatus.NOT_AFFECTED: "a condition of the advisory does not hold",
    ExposureStatus.FIXED_BY_VENDOR: "whoever packaged the tool has fixed it",
    ExposureStatus.IGNORED: "affected, and accepted by the ignore file",
}
_MOST_FIXES = 4
_UNRELEASED = re.compile(r"(?<=\d)(?:[-.]?(?:rc|alpha|beta|pre|dev|canary|[ab](?=\d))[-.\d]*|-0)$", re.IGNORECASE)
_UPDATES = (Action.UPDATE_BUILDER, Action.UPDATE_AND_REBUILD, Action.UPDATE_RUNTIME, Action.UPDATE_BOTH)


def class_words(exposure: Exposure) -> str:
    """Return what the exposure's class means."""
    return CLASSES[exposure.class_]


def status_words(status: ExposureStatus) -> str:
    """Return what the status means."""
    return _STATUSES[status]


def action_sentence(exposure: Exposure) -> str:
    """Return what to do, as a whole sentence."""
    to = f" to {fixes(exposure.fixed_in)}" if exposure.fixed_in else ""
    if exposure.class_ is ExposureClass.END_OF_LIFE:
        return _UNSUPPORTED.format(tool=exposure.tool, to=to)
    sentence = _SENTENCES[exposure.action].format(tool=exposure.tool, to=to)
    if exposure.action in _UPDATES and not exposure.fixed_in:
        return _NO_FIX.format(tool=exposure.tool) + sentence[0].lower() + sentence[1:]
    return sentence


def fixes(versions: tuple[str, ...]) -> str:
    """Return first fixed versions as `1.19.10 or 1.20.5`, without those that are no release yet if there are others."""
    released = stable(versions)
    shown = list(released[:_MOST_FIXES])
    if len(released) > _MOST_FIXES:
        shown = [*shown[:-1], "later"]
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} or {shown[-1]}" if shown else ""


def stable(versions: tuple[str, ...]) -> tuple[str, ...]:
    """Return the versions that are releases; when none is, the releases that they lead to."""
    released = tuple(version for version in versions if not _UNRELEASED.search(version))
    return released or tuple(dict.fromkeys(_UNRELEASED.sub("", version) for version in versions))


def severity_words(exposure: Exposure) -> str:
    """Return `critical 9.8, known to be exploited`; `not scored` when nobody scored it."""
    score = f" {exposure.severity:.1f}" if exposure.severity is not None else ""
    rated = "not scored" if exposure.rating == "unknown" else f"{exposure.rating}{score}"
    return f"{rated}, known to be exploited" if exposure.kev else rated


def named(exposure: Exposure) -> str:
    """Return the tool and the version judged: `go 1.19.8`."""
    return f"{exposure.tool} {exposure.judged or 'of unknown version'}"


def message(exposure: Exposure, *, installed: bool = False) -> str:
    """Return an exposure as a few sentences for somebody who sees nothing else."""
    relation = "is installed here" if installed else "built this"
    if exposure.class_ is ExposureClass.END_OF_LIFE:
        start = f"{named(exposure)} {relation}, and nobody patches it any more."
    else:
        start = (f"{named(exposure)} {relation} and has {exposure.id} ({severity_words(exposure)}): "
                 f"{class_words(exposure)}.")
    doubt = f" Unverified: {exposure.reason or 'this build of the tool may be patched'}." \
        if exposure.status is ExposureStatus.UNVERIFIED else ""
    return f"{start}{doubt} {action_sentence(exposure)}"
