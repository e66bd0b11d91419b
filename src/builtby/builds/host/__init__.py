"""The build host between builds: what runs by itself, what steers tools, and what should not be there."""
