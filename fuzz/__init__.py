"""Feeds every reader mutated bytes. `make fuzz`; see CONTRIBUTING.md."""
