# The first process of a cluster, in namespaces of its own: the network of the nodes, and the control plane. When its input ends, it ends,
# and with it everything in these namespaces. Prints its process ID first.
set -eu
. "$SCRIPTS/start.sh"

read -r process _ </proc/self/stat
mount -t proc proc /proc
# The nodes' network namespaces are mounted below it, and programs keep locks there.
mount -t tmpfs tmpfs /run

ip link set lo up
# Otherwise the bridge takes another hardware address when a node goes, and nobody finds it for half a minute.
ip link add nodes address 02:00:00:00:00:01 type bridge
ip address add "$CONTROL_ADDRESS/24" dev nodes
ip link set nodes up
echo 1 >/proc/sys/net/ipv4/ip_forward
# A connection to a node that has ended would keep this network for minutes.
echo 1 >/proc/sys/net/ipv4/tcp_orphan_retries
# The nodes need no direct ways to each other's pods.
echo 0 >/proc/sys/net/ipv4/conf/all/send_redirects
echo 0 >/proc/sys/net/ipv4/conf/nodes/send_redirects
echo "$process"

start etcd "$PROGRAMS/etcd" --data-dir "$FOLDER/etcd" --log-level warn --unsafe-no-fsync \
    --listen-client-urls http://127.0.0.1:2379 --advertise-client-urls http://127.0.0.1:2379 --listen-peer-urls http://127.0.0.1:2380
start kube-apiserver "$PROGRAMS/kube-apiserver" --etcd-servers http://127.0.0.1:2379 --cert-dir "$FOLDER/apiserver" \
    --advertise-address "$CONTROL_ADDRESS" --bind-address 0.0.0.0 --secure-port 6443 --service-cluster-ip-range "$SERVICE_RANGE" \
    --tls-cert-file "$KEYS/apiserver.crt" --tls-private-key-file "$KEYS/apiserver.key" --client-ca-file "$KEYS/ca.crt" \
    --service-account-key-file "$KEYS/accounts.pub" --service-account-signing-key-file "$KEYS/accounts.key" \
    --service-account-issuer https://kubernetes.default.svc --authorization-mode Node,RBAC --allow-privileged=true \
    --kubelet-client-certificate "$KEYS/admin.crt" --kubelet-client-key "$KEYS/admin.key" \
    --kubelet-preferred-address-types InternalIP
start kube-controller-manager "$PROGRAMS/kube-controller-manager" --kubeconfig "$KEYS/admin.kubeconfig" --leader-elect=false \
    --cert-dir "$FOLDER/controllers" --service-account-private-key-file "$KEYS/accounts.key" --root-ca-file "$KEYS/ca.crt" \
    --use-service-account-credentials --allocate-node-cidrs=false --authentication-skip-lookup --node-monitor-grace-period 20s
start kube-scheduler "$PROGRAMS/kube-scheduler" --kubeconfig "$KEYS/admin.kubeconfig" --leader-elect=false \
    --cert-dir "$FOLDER/scheduler" --authentication-skip-lookup

cat >/dev/null
