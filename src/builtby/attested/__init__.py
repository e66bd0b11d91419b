"""What a compiler says that it read: checksums of sources in debug data, and whether a checkout holds the same."""
