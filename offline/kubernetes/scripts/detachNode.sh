# Removes the network namespace of a node that has ended: its number is $1, the addresses of its pods are $2.
set -eu
ip route delete "$2"
ip link delete "node-$1"
ip netns delete "node-$1"
