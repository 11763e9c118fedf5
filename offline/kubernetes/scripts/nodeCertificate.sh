# Makes a node's certificate in the present folder, as server and as client: $1 is the node's name, $2 its address.
set -eu
. "$SCRIPTS/certificate.sh"
certificate "$1" "/O=system:nodes/CN=system:node:$1" "IP:$2,DNS:$1"
