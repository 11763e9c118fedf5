#!/bin/sh
# Reserves disk space for MariaDB with a file, and deletes this file when the disk is full. InnoDB needs space to roll back
# the statement that filled the disk. Without any space, MariaDB stops at once, and again at each start. Runs before each
# start and at each release, as MariaDB's user.
set -u

reserve=/var/lib/mysql/.reserve

# takes FILE SIZE: allocates a file of this size. A file system without fallocate has no reserve.
takes() { fallocate --length "$2" "$1" 2>/dev/null; }

if ! [ -e "$reserve" ]; then
    takes "$reserve" 64M || rm -f "$reserve"
elif ! takes "$reserve.probe" 32M; then
    rm -f "$reserve"
    echo "The disk is full. MariaDB deleted the file that reserves space, so that it can start. Delete files that nobody needs."
fi
rm -f "$reserve.probe"
