"""One module an ecosystem; each announces its AUDITORS and is found by itself."""
