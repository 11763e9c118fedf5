# The first process of a node, in namespaces of its own: kubelet, containerd, and what makes the rules of its network. When its input ends,
# it ends, and with it everything on the node.
set -eu
. "$SCRIPTS/start.sh"

mount -t proc proc /proc

# kubelet wants these settings of Linux. They would be those of the whole machine, so it finds them set as it wants.
pretend() {
    file="$FOLDER/settings/$(basename "$1")"
    echo "$2" >"$file"
    mount --bind "$file" "/proc/sys/$1"
}
mkdir -p "$FOLDER/settings"
pretend vm/overcommit_memory 1
pretend vm/panic_on_oom 0
pretend kernel/panic 10
pretend kernel/panic_on_oops 1
pretend kernel/keys/root_maxkeys 1000000
pretend kernel/keys/root_maxbytes 25000000

# The programs write to fixed folders there.
for path in /var/lib /var/log; do
    mkdir -p "$FOLDER$path"
    mount --bind "$FOLDER$path" "$path"
done
mount -t tmpfs tmpfs /run
# Mounts that kubelet makes must be visible in containers that run already.
mount --make-rshared /
hostname "$NODE"

ip link set lo up
ip address add "$ADDRESS/24" dev eth0
ip link set eth0 up
# The bridge of the pods, which the CNI plugin would make: its hardware address stays when pods go.
ip link add pods address 02:00:00:00:00:02 type bridge
ip route add default via "$CONTROL_ADDRESS"
echo 1 >/proc/sys/net/ipv4/ip_forward
# A connection that nobody answers would keep this network for minutes.
echo 1 >/proc/sys/net/ipv4/tcp_orphan_retries
# Network policies also hold between pods of one node, which are on one bridge.
echo 1 >/proc/sys/net/bridge/bridge-nf-call-iptables
# A new pod reaches nobody until its rules are complete. Without this, it reached everybody for a second.
iptables --policy FORWARD DROP

for hierarchy in /sys/fs/cgroup/*/; do mkdir -p "$hierarchy$GROUP"; done
# A new group of this kind has no processors, and no process may enter it.
for name in "$(dirname "$GROUP")" "$GROUP"; do
    for file in cpuset.cpus cpuset.mems; do cat "/sys/fs/cgroup/cpuset/$file" >"/sys/fs/cgroup/cpuset/$name/$file"; done
done

start containerd containerd --config "$FOLDER/containerd.toml"
tries=0
until [ -S "$FOLDER/containerd.sock" ]; do
    tries=$((tries + 1))
    if [ "$tries" -gt 300 ] || [ -e "$LOGS/containerd.ended" ]; then exit 1; fi
    sleep 0.1
done
# Before kubelet, which would try to pull what is missing.
for image in "$IMAGES"/*.tar; do
    ctr --address "$FOLDER/containerd.sock" --namespace k8s.io images import "$image" >>"$LOGS/images.log" 2>&1
done

start kubelet "$PROGRAMS/kubelet" --config "$FOLDER/kubelet.yaml" --kubeconfig "$FOLDER/kubeconfig" --hostname-override "$NODE" \
    --node-ip "$ADDRESS" --node-labels "$LABELS" --register-with-taints "$TAINTS"
start kube-proxy "$PROGRAMS/kube-proxy" --config "$FOLDER/proxy.yaml"
# Needs the node to be registered.
start network-policies sh "$SCRIPTS/policies.sh"

cat >/dev/null
