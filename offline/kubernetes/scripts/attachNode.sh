# Makes the network namespace of a node and connects it with the cluster's network: $1 is the node's number, $2 its address,
# $3 the addresses of its pods.
set -eu
ip netns add "node-$1"
ip link add "node-$1" type veth peer name eth0 netns "node-$1"
ip link set "node-$1" master nodes up
ip route add "$3" via "$2"
