"""What no pattern over one event can tell. A module announces its functions, by rule, in DETECTORS."""
