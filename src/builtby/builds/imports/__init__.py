"""Logs of other recorders (Tetragon, Falco, Tracee, auditd), read as events, so that the same rules apply to them."""
