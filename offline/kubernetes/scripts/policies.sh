# Runs the controller of network policies on a node, from the moment at which kubelet has registered the node.
tries=0
until "$PROGRAMS/kubectl" --kubeconfig "$ADMIN" get node "$NODE" >/dev/null 2>&1; do
    tries=$((tries + 1))
    if [ "$tries" -gt 200 ]; then exit 1; fi
    sleep 0.3
done
exec "$PROGRAMS/network-policies" "$ADMIN" "$NODE" "$SERVICE_RANGE"
