# Part of provision.sh: a firewall that stops containers from reaching the metadata server, the machine itself, and networks of
# the site on which they are not.

# A process that can read the metadata of a cloud's machine can act as that machine. So containers must not reach the
# metadata server. DNS is allowed, because the metadata server also resolves names. Containers of the site must not connect
# to services of the machine either: sshd listens on every address, including the gateways of internal networks. Docker keeps
# networks apart, but not for the milliseconds in which it changes its own rules, as when a network is created. The rules are in
# a separate table, which Docker does not change. Docker does not start without them.
guard_metadata() {
    install_packages nftables
    rules=$own/metadata.nft
    unit=jupyter-up-metadata.service
    put "$rules" <<end || :
# Stops containers from reaching the cloud's metadata server, this machine's own services, and networks of the site on which they
# are not. The chain forward has their packets to the metadata server and to other networks, the chain input those to this machine.
# The machine's own packets pass neither chain.
table inet jupyter_up
delete table inet jupyter_up
table inet jupyter_up {
    # The bridges of the site's networks. site-apply writes them to the file that is included below. The rules for input do not
    # apply to other containers.
    set bridges { type ifname; }
    chain forward {
        type filter hook forward priority filter - 10; policy accept;
        ip daddr 169.254.169.254 udp dport 53 accept
        ip daddr 169.254.169.254 tcp dport 53 accept
        ip daddr 169.254.169.254 reject
        ip6 daddr { fd20:ce::254, fd00:ec2::254 } reject
        iifname @bridges oifname @bridges jump between_networks
    }
    # Packets within a network pass here, too, on a machine that filters bridges. So the file that is included below has a rule for
    # each bridge, which refuses packets to the other ones.
    chain between_networks { }
    chain input {
        type filter hook input priority filter - 10; policy accept;
        iifname @bridges ct state new jump from_containers
    }
    # DNS is allowed, in case this machine is the DNS server. The site's ports are allowed, in case its name resolves to this
    # machine.
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
Description=Stops containers from reaching the metadata server and this machine's own services
Before=docker.service
# When nftables.service restarts and flushes all rules, this unit restarts, too, and restores its rules.
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
    # `systemctl restart` would also stop Docker.
    { systemctl start "$unit" && nft -f "$rules"; } ||
        die "The firewall rules for containers could not be set. See why: sudo systemctl status $unit"
}
