"""The picture of a build: one HTML page."""
