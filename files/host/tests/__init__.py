"""Unit tests of the host's program, not sent to hosts: python3 -m unittest discover --start-directory files/host"""
