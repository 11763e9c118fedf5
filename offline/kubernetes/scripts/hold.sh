# Holds a cluster: runs the rest of its arguments, in namespaces of their own, until they end. Then removes what does not end with its
# processes, or later: this machine's interface in its network, $1, and its control groups, $2.
interface=$1
group=$2
shift 2
"$@"
code=$?
ip link delete "$interface" 2>/dev/null
sh "$SCRIPTS/removeGroup.sh" "$group"
exit "$code"
