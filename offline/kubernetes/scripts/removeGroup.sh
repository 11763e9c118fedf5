# Removes the control groups of a name, $1, and those below them, once they have no processes.
tries=0
while [ "$tries" -lt 100 ]; do
    tries=$((tries + 1))
    left=
    for path in /sys/fs/cgroup/*/"$1"; do
        if [ ! -d "$path" ]; then continue; fi
        find "$path" -depth -type d -exec rmdir {} + 2>/dev/null
        if [ -d "$path" ]; then left=yes; fi
    done
    if [ -z "$left" ]; then exit 0; fi
    # Linux lets go of a group some time after its last process.
    sleep 0.1
done
echo "control groups are left: $1" >&2
exit 1
