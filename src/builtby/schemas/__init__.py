"""Published JSON Schemas of the outputs, generated from the types by `make docs-generate`."""
