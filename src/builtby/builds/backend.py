"""What every back end offers, and which one is taken. Linux only."""

from collections.abc import Callable
from typing import Protocol

from builtby.builds.events import Event
from builtby.builds.hashing import Hasher
from builtby.builds.masking import Masker
from builtby.builds.seccomp.available import lacking
from builtby.builds.seccomp.notify import UnavailableError
from builtby.builds.seccomp.supervisor import Outcome, Supervisor
from builtby.builds.unseen import CANNOT

NOTIFY, STRACE = "seccomp-notify", "strace"


class Backend(Protocol):
    """Runs one build, and tells of all that it does."""

    name: str
    """As it stands in the record."""

    def run(self, command: list[str], tell: Callable[[Event], None], masker: Masker, hasher: Hasher) -> Outcome:
        """Run a command to its end; no process of it is left behind, whatever happens.

        Raises UnavailableError when that is not possible: then nothing was run; and what `tell` raises.
        """

    def unobserved(self) -> tuple[str, ...]:
        """Return what cannot be, or was not, observed, in words. To be asked after the run."""


class Notify:
    """Seccomp user notification: calls wait until they were looked at."""

    name = NOTIFY

    def run(self, command: list[str], tell: Callable[[Event], None], masker: Masker, hasher: Hasher) -> Outcome:
        """Run a command to its end."""
        return Supervisor(command, tell, masker, hasher).run()

    def unobserved(self) -> tuple[str, ...]:
        """Return what this way never sees."""
        return CANNOT


def choose(wish: str | None = None) -> Backend:
    """Return the back end of that name; without a wish, the best that works here.

    Raises UnavailableError: strace cannot be used here. Of seccomp notification, only the run shows it for certain.
    """
    lack = None if wish else lacking()
    if wish == NOTIFY or (wish is None and lack is None):
        return Notify()
    from builtby.builds.strace.backend import Strace  # most never need it

    try:
        return Strace()
    except UnavailableError as error:
        if wish is None:
            raise UnavailableError(f"{lack}, and {error}", error.remedy) from error
        raise
