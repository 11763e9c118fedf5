#!/bin/sh
# As in the original: hooks in /docker-entrypoint.d run before nginx, and before no other command.
set -eu

case ${1:-} in
  nginx | nginx-debug)
    for hook in /docker-entrypoint.d/*.sh; do
      if [ -x "$hook" ]; then "$hook"; fi
    done
    ;;
esac

exec "$@"
