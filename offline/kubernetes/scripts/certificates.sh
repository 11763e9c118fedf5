# Makes the certificates of a cluster in the present folder: its authority, the API's, the administrator's, and the key that signs the
# tokens of its accounts. $1: the API's addresses and names, as in X.509.
set -eu
. "$SCRIPTS/certificate.sh"

openssl ecparam -name prime256v1 -genkey -noout -out ca.key
# Python refuses an authority without these extensions.
openssl req -x509 -new -key ca.key -subj /CN=kubernetes -days 30 -out ca.crt \
    -addext keyUsage=critical,keyCertSign,cRLSign -addext subjectKeyIdentifier=hash
certificate apiserver /CN=kube-apiserver "$1"
certificate admin /O=system:masters/CN=admin
openssl genrsa -out accounts.key 2048
openssl rsa -in accounts.key -pubout -out accounts.pub
