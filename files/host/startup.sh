#!/bin/sh
# The VM's startup script: gives sshd the host key that the stack has made, so that nothing is ever sent to a machine that
# cannot prove it. Runs at every boot, and changes nothing from the second one on. All else is provision.sh's work.
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
# No other key is offered: a client that asks for another kind would find a key that nobody knows.
mkdir -p /etc/ssh/sshd_config.d
echo "HostKey $key" >/etc/ssh/sshd_config.d/jupyter-up.conf
systemctl restart ssh
