#!/bin/sh
# The VM's startup script: gives sshd the stack's host key, so that nothing is ever sent to a machine that cannot prove
# its identity. Runs at every boot and changes nothing after the first. provision.sh does everything else.
set -eu
umask 077
key=/etc/ssh/ssh_host_ed25519_key

cat >"$key.new" <<'end'
{{hostKey}}
end
if cmp -s "$key.new" "$key"; then
    rm "$key.new"
    exit
fi
mv "$key.new" "$key"
ssh-keygen -y -f "$key" >"$key.pub"
chmod 644 "$key.pub"
# Offer no other key: a client that asks for another type would get a key that the stack does not know.
mkdir -p /etc/ssh/sshd_config.d
echo "HostKey $key" >/etc/ssh/sshd_config.d/jupyter-up.conf
systemctl restart ssh
