"""JSON of records: paths and words that are no UTF-8 are shown with the numbers of their bytes."""

from typing import Any, TypeVar

import msgspec

_encoder = msgspec.json.Encoder()
T = TypeVar("T", bound=msgspec.Struct)


def encode(document: object) -> bytes:
    """Return a document as JSON, whatever bytes its texts were made of."""
    try:
        return _encoder.encode(document)
    except UnicodeEncodeError:
        return _encoder.encode(_shown(msgspec.to_builtins(document)))


def showable(document: T) -> T:
    r"""Return a document all texts of which are Unicode: a byte that is no UTF-8 becomes `\xff`, with its number."""
    try:
        _encoder.encode(document)
    except UnicodeEncodeError:
        return msgspec.convert(_shown(msgspec.to_builtins(document)), type(document))
    return document


def _shown(value: Any) -> Any:  # noqa: ANN401  # JSON
    if isinstance(value, str):
        return value.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    if isinstance(value, dict):
        return {_shown(name): _shown(one) for name, one in value.items()}
    return [_shown(one) for one in value] if isinstance(value, list | tuple) else value
