"""Compares the machine with the running release: what somebody changed by hand."""
