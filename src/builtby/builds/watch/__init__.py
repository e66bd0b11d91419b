"""What changes around a build: its sources, the toolchain, and places from which code runs by itself later."""
