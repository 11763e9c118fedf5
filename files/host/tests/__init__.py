"""
Unit tests of the host program. They are not sent to hosts.

    python3 -m unittest discover --start-directory files/host
"""
