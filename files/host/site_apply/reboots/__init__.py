"""Reboots of the machine for updates that need one, each followed by a check of the site."""
