"""Outputs: one module each, found by themselves. They render one result model and decide nothing."""
