#!/bin/sh
# site-provision: makes a fresh Debian or Ubuntu machine fit for the site. Run as root at the first `pulumi up` and whenever
# this script or its settings change; what is as it should be already is left alone.
#
#   site-provision DATA [DEVICE]
#     DATA    folder for what outlives every release: notebooks, databases, and Docker's images where DEVICE is given
#     DEVICE  disk to be mounted there: formatted when it is blank, grown when the disk has grown
set -eu
umask 022
exec 2>&1

data=$1
device=${2-}
# The cloud's metadata server: whoever reaches it gets the machine's own identity and start-up script.
metadata=169.254.169.254
swap_mib=2048

say() { printf '%s\n' "$*" | cut -c1-400; }

die() {
    say "$*"
    exit 1
}

main() {
    [ "$(id -u)" = 0 ] || die "site-provision has to run as root. Give the user you sign in as the right to it (sudo without a password), and run pulumi up again."
    command -v apt-get >/dev/null || die "This machine is neither Debian nor Ubuntu: it has no apt-get. The site needs one of them."
    [ -z "$device" ] || mount_data
    mkdir -p "$data"
    make_swap
    install_packages
    configure_docker
    guard_metadata
    say "This machine is ready."
}

# ---- the data disk

mount_data() {
    wait_for_device
    if ! blkid "$device" >/dev/null; then
        say "Formatting the blank data disk ..."
        mkfs.ext4 -q -m 1 -L site-data "$device"
    fi
    mkdir -p "$data"
    uuid=$(blkid -s UUID -o value "$device")
    if ! grep -q "^UUID=$uuid " /etc/fstab; then
        # nofail: a machine whose disk is gone still starts, and can be looked at.
        echo "UUID=$uuid $data ext4 defaults,discard,nofail 0 2" >>/etc/fstab
    fi
    mountpoint -q "$data" || mount "$data"
    resize2fs "$(findmnt -n -o SOURCE "$data")" >/dev/null 2>&1 || die "The data disk at $data could not be grown to its new size. Look at it there: resize2fs $device"
}

wait_for_device() {
    for _ in $(seq 60); do
        [ -b "$device" ] && return
        sleep 1
    done
    die "The data disk $device did not appear within a minute. Look at the machine's disks: ls -l /dev/disk/by-id; then run pulumi up again."
}

# ---- memory

# One kernel with pandas and an update at once are more than 1 GB.
make_swap() {
    [ "$(awk '/^MemTotal/ { print int($2 / 1024) }' /proc/meminfo)" -lt 3500 ] || return 0
    if [ -z "$(swapon --noheadings --show=NAME)" ]; then
        [ -f /swapfile ] || {
            fallocate -l "${swap_mib}M" /swapfile.new
            chmod 600 /swapfile.new
            mkswap -q /swapfile.new
            mv /swapfile.new /swapfile
        }
        # A container that stands in for a machine may not; a machine may.
        swapon /swapfile || say "No swap: this machine does not allow it."
    fi
    grep -q '^/swapfile ' /etc/fstab || echo '/swapfile none swap sw,nofail 0 0' >>/etc/fstab
}

# ---- packages

install_packages() {
    missing=
    for package in docker.io docker-cli docker-compose iptables unattended-upgrades; do
        # A name that this release does not have (docker-cli before Debian 13) is part of another package there.
        dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q '^install ok installed$' || missing="$missing $package"
    done
    [ -n "$missing" ] || return 0
    say "Installing$missing ..."
    export DEBIAN_FRONTEND=noninteractive
    # A machine that was just made is still busy with updates of its own.
    apt="apt-get -qq -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0"
    $apt update >/tmp/site-provision.log 2>&1 || die "The package lists could not be fetched: $(tail -n 2 /tmp/site-provision.log | tr '\n' ' ')"
    available=
    for package in $missing; do
        if apt-cache show "$package" >/dev/null 2>&1; then available="$available $package"; fi
    done
    # shellcheck disable=SC2086 # a list of names
    $apt install --no-install-recommends $available >/tmp/site-provision.log 2>&1 ||
        die "The packages$available could not be installed: $(tail -n 2 /tmp/site-provision.log | tr '\n' ' ')"
    docker compose version >/dev/null 2>&1 || die "This release of Debian or Ubuntu has no Compose plugin for Docker. Install it (docker-compose-plugin of Docker's own packages), and run pulumi up again."
}

# ---- Docker

configure_docker() {
    # Containers run on while the engine is updated; logs cannot fill the disk; images lie on the data disk where there is one.
    if [ -n "$device" ]; then root=",\"data-root\":\"$data/docker\""; else root=; fi
    put /etc/docker/daemon.json "{\"live-restore\":true,\"log-driver\":\"local\"$root}" && restart=docker
    put /etc/apt/apt.conf.d/20auto-upgrades 'APT::Periodic::Update-Package-Lists "1";
APT::Periodic::Unattended-Upgrade "1";' || :
    systemctl enable --quiet --now docker
    if [ "${restart-}" = docker ]; then systemctl restart docker; fi
}

# put FILE TEXT: succeeds when the file was not like that.
put() {
    if [ "$(cat "$1" 2>/dev/null)" = "$2" ]; then return 1; fi
    mkdir -p "$(dirname "$1")"
    printf '%s\n' "$2" >"$1.new"
    mv "$1.new" "$1"
}

# ---- the metadata server

# Containers may ask it for names, and for nothing else. The rules stand in Docker's own chain, which it never empties; the unit
# puts them back after each start of Docker, before which no container runs.
guard_metadata() {
    put /usr/local/sbin/site-guard-metadata "#!/bin/sh
# Keeps containers off the cloud's metadata server, except for names (port 53).
set -eu
for protocol in tcp udp; do
    iptables -C DOCKER-USER -d $metadata -p \$protocol ! --dport 53 -j REJECT 2>/dev/null ||
        iptables -I DOCKER-USER -d $metadata -p \$protocol ! --dport 53 -j REJECT
done" || :
    chmod 755 /usr/local/sbin/site-guard-metadata
    if put /etc/systemd/system/site-guard-metadata.service "[Unit]
Description=Keep containers off the cloud's metadata server
After=docker.service
PartOf=docker.service

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/usr/local/sbin/site-guard-metadata

[Install]
WantedBy=docker.service"; then
        systemctl daemon-reload
    fi
    systemctl enable --quiet site-guard-metadata
    systemctl restart site-guard-metadata
}

main
