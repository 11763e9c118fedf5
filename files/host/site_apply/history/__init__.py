"""
The history of a site's work: read-only trees of its folders, in which unchanged files are hard links.

The package uses nothing of the program around it: a timer of the host has `site-apply history` run it, and where there is no such
timer a service of the site runs it as `python3 -m history.service`.
"""
