# certificate NAME SUBJECT [ADDRESSES]: makes NAME.key and NAME.crt, signed by the authority in the present folder.
certificate() {
    openssl ecparam -name prime256v1 -genkey -noout -out "$1.key"
    openssl req -new -key "$1.key" -subj "$2" -out "$1.csr"
    cat >"$1.ext" <<EXTENSIONS
basicConstraints=CA:FALSE
keyUsage=digitalSignature,keyEncipherment
subjectKeyIdentifier=hash
authorityKeyIdentifier=keyid
extendedKeyUsage=serverAuth,clientAuth
${3:+subjectAltName=$3}
EXTENSIONS
    openssl x509 -req -in "$1.csr" -CA ca.crt -CAkey ca.key -CAcreateserial -days 30 -extfile "$1.ext" -out "$1.crt"
}
