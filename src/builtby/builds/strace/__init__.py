"""The back end for kernels without seccomp user notification: strace, and what it prints."""
