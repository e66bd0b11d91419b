"""Whether the installed tools are what their packages shipped, and what they were before."""
