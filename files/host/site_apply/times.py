"""Time limits in seconds."""

from __future__ import annotations

ARRIVES_WITHIN = 120
TURN_WITHIN = 600
ENGINE_WITHIN = 120
# For all other commands of Docker and of tools on this machine.
QUESTION_WITHIN = 300
CHECKED_WITHIN = 600
# For commands that stop and start containers.
STARTED_WITHIN = 1800
# Pulling 6 GB at 1 MB a second takes 100 minutes. This is the most; pace.py sizes the limit by the machine.
PULLED_WITHIN = 10800
# On a fast disk.
PULLED_FAST_WITHIN = 3600
# JupyterLab takes 400 seconds after a boot on a disk with 22 reads per second. A container that stops is noticed at once. This is
# the most; pace.py sizes the limit by the machine.
READY_WITHIN = 900
# On a fast disk, with less than 2 GB of memory and with more.
READY_SMALL_WITHIN = 600
READY_FAST_WITHIN = 180
# nginx looks up the addresses of containers every 2 seconds (`resolver` in files/services/nginx/nginx.conf).
ADDRESSES_KNOWN_AFTER = 3
# For a service that the release did not change.
UNCHANGED_WITHIN = 60
# From the first check after a reboot until the site is given up. On a free VM, JupyterLab takes 10 minutes.
BACK_WITHIN = 1200
BACK_ASKED_EVERY = 30
# On a machine with 2 GB of memory or more.
PREPARE_WITHIN = 240
DISMISS_WITHIN = 30
RELOAD_WITHIN = 30
# For one check in a container.
ANSWER_WITHIN = 30
ASK_WITHIN = 30
# For measuring a folder.
MEASURED_WITHIN = 20
CERTIFICATE_WITHIN = 600
RENEWED_WITHIN = 600
REMOVED_WITHIN = 600
# At half of the disk's speed.
DUMPED_WITHIN = 1800
# The first backup of a large disk, over a slow network.
BACKED_UP_WITHIN = 24 * 3600
# The list of what is in a backup. restic alone would try for 15 minutes to reach a server that is away.
BACKUP_LISTED_WITHIN = 120
# A database from its dump.
LOADED_WITHIN = 3600
# The state before a restore. Without it, nothing is overwritten.
KEPT_WITHIN = 1800
# How long a release waits until the state before it is saved: once for the dumps of databases, and once for the trees. It may be
# short, because the timer has saved a state a few minutes ago. A release that removes somebody from the allow list is urgent.
STATE_KEPT_WITHIN = 20
STATE_KEPT_AT_REMOVAL = 4
# The interval of progress lines.
SAID_EVERY = 60
# Between two checks of a service: the first pause, and the longest one.
FIRST_PAUSE = 0.2
LONGEST_PAUSE = 1
