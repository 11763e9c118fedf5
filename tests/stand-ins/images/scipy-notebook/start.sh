#!/bin/bash
# As in the original, when it is not started as root: run the hooks of before-notebook.d, then the command.
set -e

for hook in /usr/local/bin/before-notebook.d/*; do
  if [[ $hook == *.sh ]]; then
    # A shell's hook may set the environment of what follows.
    # shellcheck source=/dev/null
    source "$hook"
  elif [[ -x $hook ]]; then
    "$hook" || echo "Failed to run $hook" >&2
  fi
done

exec "${@:-bash}"
