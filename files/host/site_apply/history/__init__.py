"""
The history of a site's work.

It consists of trees: read-only copies of folders, in which unchanged files are hard links to the previous tree.

The package imports nothing from the program around it, because it runs in two ways. A timer of the host runs `site-apply history`.
On a host without this timer, a service of the site runs `python3 -m history.service`.
"""
