# Part of provision.sh: creates a swap file, and protects the memory of sshd.

# On a machine with less than 2 GB of memory and without swap, an upgrade of packages could cause a running notebook's kernel
# to be killed. A larger swap file would not help, because it only takes longer to fill, at the speed of the disk. A larger
# one of an earlier version stays. site_apply/limits.py limits how much swap notebooks get.
make_swap() {
    swap=/swapfile
    size=1
    memory=$(awk '/^MemTotal:/ { print int($2 / 1024) }' /proc/meminfo)
    if [ "$memory" -ge 2000 ] || [ "$(wc -l </proc/swaps)" -gt 1 ]; then return; fi
    if ! [ -e "$swap" ]; then
        say "Creating a swap file of $size GB, because the machine has $memory MB of memory ..."
        rm -f "$swap.new"
        (umask 077 && fallocate -l ${size}G "$swap.new") || die "The boot disk has no space for a swap file of $size GB. Make the disk larger: pulumi config set bootDiskGb 20"
        mkswap -q "$swap.new" >/dev/null
        mv "$swap.new" "$swap"
        grep -q "^$swap " /etc/fstab || echo "$swap none swap sw,nofail 0 0" >>/etc/fstab
    fi
    swapon "$swap" || die "The swap file could not be enabled."
}

# Protects sshd's memory, so that the owner can log in while everything else is swapped out. The protection of the service
# is only effective if its slice has the same protection. Cgroups v1 cannot protect memory.
keep_reachable() {
    changed=
    for unit in Service/ssh.service Slice/system.slice; do
        folder=/etc/systemd/system/${unit#*/}.d
        mkdir -p "$folder"
        put "$folder/jupyter-up-memory.conf" <<end && changed=yes
[${unit%/*}]
MemoryMin=32M
end
    done
    [ -z "$changed" ] || systemctl daemon-reload
}
