"""What builds do: recorded while they run."""
