#!/bin/bash
# The original's steps for a container that does not start as root: a name for its user, the hooks of before-notebook.d,
# then the command.
set -e

if ! whoami &>/dev/null; then
  if [[ -w /etc/passwd ]]; then
    sed --expression="s/^jovyan:/nayvoj:/" /etc/passwd >/tmp/passwd
    echo "${NB_USER}:x:$(id -u):$(id -g):,,,:/home/jovyan:/bin/bash" >>/tmp/passwd
    cat /tmp/passwd >/etc/passwd
    rm /tmp/passwd
  else
    echo "WARNING: unable to fix missing /etc/passwd entry because we don't have write permission. Try setting gid=0 with \"--user=$(id -u):0\"." >&2
  fi
fi
if [[ ! -w /home/jovyan ]]; then
  echo "WARNING: no write access to /home/jovyan. Try starting the container with group 'users' (100), e.g. using \"--group-add=users\"." >&2
fi

# A failing hook is only a line in the log.
set +e
for hook in /usr/local/bin/before-notebook.d/*; do
  if [[ $hook == *.sh ]]; then
    # A shell hook may set environment variables for the following steps.
    # shellcheck source=/dev/null
    source "$hook" || echo "ERROR: $hook has failed, continuing execution" >&2
  elif [[ -x $hook ]]; then
    "$hook" || echo "ERROR: $hook has failed, continuing execution" >&2
  fi
done
set -e

exec "${@:-bash}"
