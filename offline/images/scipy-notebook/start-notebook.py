#!/opt/conda/bin/python
"""As in the original: JupyterLab (or what DOCKER_STACKS_JUPYTER_CMD says) with NOTEBOOK_ARGS and this command's arguments."""

import os
import shlex
import sys

command = ["jupyter", os.environ.get("DOCKER_STACKS_JUPYTER_CMD", "lab")]
command += shlex.split(os.environ.get("NOTEBOOK_ARGS", ""))
command += sys.argv[1:]
os.execvp(command[0], command)
