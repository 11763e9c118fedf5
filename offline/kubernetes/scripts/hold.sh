# Holds a cluster: runs the rest of its arguments, in namespaces of their own, until they end. Then removes the control groups of the
# cluster, the only thing that does not end with its processes. $1 is their name.
group=$1
shift
"$@"
code=$?
# Linux lets go of a group some time after its last process.
tries=0
while [ "$tries" -lt 50 ]; do
    tries=$((tries + 1))
    for path in /sys/fs/cgroup/*/"$group"; do
        if [ -d "$path" ]; then find "$path" -depth -type d -exec rmdir {} + 2>/dev/null; fi
    done
    for path in /sys/fs/cgroup/*/"$group"; do
        if [ -d "$path" ]; then continue 2; fi
    done
    break
done
exit "$code"
