"""What jpackage leaves in the folder of an application that it packed together with its Java runtime.

Surface `jpackage.state`: the version of the JDK that it is part of, `25.0.3`, out of `lib/app/.jpackage.xml`.
"""

import re

from builtby.formats.base import Format, Reading
from builtby.sources.view import View

_HEAD = 4096
_STATE = re.compile(rb'\A(?:\xef\xbb\xbf)?\s*<\?xml[^>]{0,100}>\s*<jpackage-state (?:[\w-]+="[^"<]{0,100}" )*'
                    rb'version="([^"<]{1,64})"')


def read(view: View, _path: str) -> Reading:
    """Return the version in a jpackage-state document."""
    reading = Reading("jpackage")
    found = _STATE.search(view.read(0, _HEAD))
    if found:
        reading.add("jpackage.state", found[1], found.start(1))
    return reading


FORMAT = Format("jpackage", read, names=(".jpackage.xml",), hoist=True)
