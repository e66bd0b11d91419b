"""Known vulnerabilities of tools: the data, and what it means for an artifact."""
