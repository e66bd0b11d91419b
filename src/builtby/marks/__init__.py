"""Knowledge of tools as data, one TOML a tool, and the small engine that applies it to what formats read."""
