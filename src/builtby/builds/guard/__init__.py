"""Builds that are recorded and kept from doing harm. Linux only."""
