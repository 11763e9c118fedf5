#!/bin/sh
# Keeps a file that can be deleted. InnoDB needs space to roll back the statement that has filled the disk: without any,
# MariaDB stops at once, and so it would at each start. Runs before each start and at each release, as MariaDB's user.
set -u

reserve=/var/lib/mysql/.reserve

# Where the file system cannot do this at once, there is no reserve.
takes() { fallocate --length "$2" "$1" 2>/dev/null; }

if ! [ -e "$reserve" ]; then
    takes "$reserve" 64M || rm -f "$reserve"
elif ! takes "$reserve.probe" 32M; then
    rm -f "$reserve"
    echo "The disk is full. MariaDB gave up its reserve, so that it can start. Delete what nobody needs."
fi
rm -f "$reserve.probe"
