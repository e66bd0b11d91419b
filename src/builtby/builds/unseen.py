"""What cannot be observed, in words."""

OUTSIDE = (
    "what processes outside of the build's own tree do (daemons, containers, other users): of that, only changes of "
    "sources, toolchain and places of persistence are seen, and not who made them")
CONTENT = "what is sent and received: only addresses, and names asked of a resolver in plain DNS, are seen"
CANNOT = (
    OUTSIDE,
    "whether calls succeeded that could have failed for another reason than a missing file or permission",
    "changes to a file in the moment between its hashing and its reading by the program",
    CONTENT,
)
"""What the seccomp back end never sees."""
