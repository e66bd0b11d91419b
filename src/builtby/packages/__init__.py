"""What is installed in a target, which package owns a file, and what the package says of its build."""
