# Part of provision.sh: keeps containers off the metadata server and the machine itself.

# A process that can read the metadata of a cloud's machine can act as that machine, so no container may. DNS passes,
# because the metadata server also resolves names. Containers of the site may not connect to services of the machine
# either: sshd listens on every address, including the gateways of internal networks. The rules are in a separate table,
# which Docker does not touch, and Docker does not run without it.
guard_metadata() {
    install_packages nftables
    rules=$own/metadata.nft
    unit=jupyter-up-metadata.service
    put "$rules" <<end || :
# Keeps containers away from the cloud's metadata server and this machine's own services. Their packets to the metadata
# server are forwarded, those to the machine are input; the machine's own packets are neither.
table inet jupyter_up
delete table inet jupyter_up
table inet jupyter_up {
    # The bridges of the site's networks, which site-apply writes to the file below. Other containers are their owner's
    # business.
    set bridges { type ifname; }
    chain forward {
        type filter hook forward priority filter - 10; policy accept;
        ip daddr 169.254.169.254 udp dport 53 accept
        ip daddr 169.254.169.254 tcp dport 53 accept
        ip daddr 169.254.169.254 reject
        ip6 daddr { fd20:ce::254, fd00:ec2::254 } reject
    }
    chain input {
        type filter hook input priority filter - 10; policy accept;
        iifname @bridges ct state new jump from_containers
    }
    # DNS, in case this machine answers it; and the site's own ports, in case its name resolves to this machine.
    chain from_containers {
        udp dport 53 accept
        tcp dport { 53, 80, 443 } accept
        reject
    }
}
include "$own/bridges*.nft"
end
    put "/etc/systemd/system/$unit" <<end && systemctl daemon-reload
[Unit]
Description=Keeps containers off the cloud's metadata server and this machine's own services
Before=docker.service
# If an administrator flushes all rules, these are restored.
After=nftables.service
PartOf=nftables.service

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/usr/sbin/nft -f $rules

[Install]
RequiredBy=docker.service
end
    systemctl enable --quiet "$unit"
    # Not `restart`, which would stop Docker as well.
    { systemctl start "$unit" && nft -f "$rules"; } ||
        die "The rules that keep containers off the metadata server and this machine could not be set: sudo systemctl status $unit"
}
