"""Limits of time, in seconds."""

from __future__ import annotations

ARRIVES_WITHIN = 120
TURN_WITHIN = 600
ENGINE_WITHIN = 120
# Any other question to Docker's engine or to a tool of this machine.
QUESTION_WITHIN = 300
CHECKED_WITHIN = 600
# Docker stops and starts containers.
STARTED_WITHIN = 1800
# 6 GB at 1 MB a second take 100 minutes.
PULLED_WITHIN = 10800
# A cold JupyterLab takes 400 seconds where a disk reads 22 times a second. One that ends by itself is noticed at once.
READY_WITHIN = 900
# For a service that a release has left as it was.
UNCHANGED_WITHIN = 60
PREPARE_WITHIN = 240
DISMISS_WITHIN = 30
RELOAD_WITHIN = 30
# One question to a service: is it ready, what runs there?
ANSWER_WITHIN = 30
ASK_WITHIN = 30
CERTIFICATE_WITHIN = 600
RENEWED_WITHIN = 600
REMOVED_WITHIN = 600
DUMPED_WITHIN = 900
# What a release waits for the state before it. The timer has kept one a few minutes ago.
STATE_KEPT_WITHIN = 20
# A line so often while something is waited for.
SAID_EVERY = 60
