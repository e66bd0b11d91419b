"""What should not be there: rules over a build record. Rules are data in `rules/`, or code in `detectors/`."""

from builtby.builds.detect.engine import findings

__all__ = ["findings"]
