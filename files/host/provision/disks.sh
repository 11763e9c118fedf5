# Part of provision.sh: grows the boot disk's file system, and mounts the data disk.

device_within=60

# The size of a disk can change while the machine runs. Google's image of Debian grows the partition and the file system
# only at boot.
grow_boot() {
    [ -n "$boot" ] || return 0
    root=$boot-part1
    if ! [ -b "$boot" ] || ! [ -b "$root" ]; then
        say "The boot disk $boot or its first partition was not found. Its file system grows when the machine restarts."
        return
    fi
    wait_for_device "$boot" "$boot_gigabytes" "boot disk"
    # The other partitions, which are for booting, use about 130 MB.
    unused=$((($(blockdev --getsize64 "$boot") - $(blockdev --getsize64 "$root")) >> 20))
    if [ "$unused" -ge 512 ]; then
        say "Growing the boot disk's file system to $boot_gigabytes GB ..."
        install_packages fdisk
        # sfdisk cannot reread the table of a disk that is in use. So partx tells the kernel about this one partition.
        words=$(echo ', +' | sfdisk --quiet --force --no-reread --no-tell-kernel -N 1 "$boot" 2>&1 && partx --update --nr 1 "$boot" 2>&1) ||
            die "The boot disk's partition could not be grown. A restart grows it, too: sudo reboot. sfdisk says: $(printf '%s' "$words" | tail -n 1)"
    fi
    # This also runs if the partition did not grow: an earlier run may have been interrupted after it grew the partition.
    words=$(resize2fs "$root" 2>&1) || [ "$unused" -lt 512 ] ||
        die "The file system on the boot disk could not be grown. A restart grows it, too: sudo reboot. resize2fs says: $(printf '%s' "$words" | tail -n 1)"
}

# wait_for_device DEVICE GB NAME: waits until the device exists and has its new size.
wait_for_device() {
    waited=0
    until [ -b "$1" ] && [ "$(($(blockdev --getsize64 "$1") >> 30))" -ge "$2" ]; do
        [ "$waited" -lt "$device_within" ] || die "The $3 ($1) was not found with $2 GB within $device_within seconds. List the disks: lsblk"
        sleep 1
        waited=$((waited + 1))
    done
}

mount_data() {
    if [ -z "$device" ]; then
        mkdir -p "$data"
        chmod 700 "$data"
        return
    fi
    wait_for_device "$device" "$gigabytes" "data disk"
    if ! mountpoint -q "$data"; then
        format_blank
        [ -z "$(ls -A "$data" 2>/dev/null)" ] ||
            die "The folder $data contains files of the boot disk, which the data disk would hide. Move them away, and run pulumi up again."
        mkdir -p "$data"
        remember_mount
        say "Mounting the data disk at $data ..."
        mount "$data" || die "The data disk could not be mounted at $data. Check it: sudo fsck -n $device"
    else
        remember_mount
        # Earlier versions of this program mounted it without these options.
        case $(findmnt --noheadings --output OPTIONS "$data") in
            *nosuid*nodev*resgid=999*) ;;
            *) mount -o remount,nosuid,nodev,resgid=999 "$data" || die "The data disk could not be mounted at $data with other options. Try it: sudo mount -o remount,nosuid,nodev,resgid=999 $data" ;;
        esac
    fi
    # Other users of the machine need no access. Docker runs as root, so it can mount folders below it.
    chmod 700 "$data"
    # When notebooks have filled the disk, 1 % of it is still free for root, which includes Docker's engine, and for group 999, which is
    # MariaDB's (mount option resgid).
    tune2fs -m 1 "$device" >/dev/null 2>&1 || :
    # The size of the disk can change while the machine runs. The file system can grow while it is mounted.
    words=$(resize2fs "$device" 2>&1) || die "The file system on the data disk could not be grown. resize2fs says: $(printf '%s' "$words" | tail -n 1)"
}

format_blank() {
    found=$(blkid -p -o value -s TYPE "$device") && status=0 || status=$?
    case $status:$found in
        0:ext4) ;;
        2:)
            say "Creating a file system on the data disk ..."
            mkfs.ext4 -q -m 1 -E lazy_itable_init=1,discard "$device" || die "The data disk could not be formatted."
            ;;
        *) die "The data disk has other content (${found:-an unknown format}). Nothing was changed on it." ;;
    esac
}

# The line in fstab has the disk's name, because no other disk of this machine can have the same name. nofail: without the
# disk, the machine still boots and accepts SSH. nosuid, nodev: files of containers cannot act as set-uid programs or devices.
remember_mount() {
    line="$device $data ext4 defaults,discard,nosuid,nodev,nofail,resgid=999,x-systemd.device-timeout=30s 0 2"
    if grep -qxF "$line" /etc/fstab; then return; fi
    grep -v "[[:space:]]${data}[[:space:]]" /etc/fstab >/etc/fstab.new || :
    echo "$line" >>/etc/fstab.new
    mv /etc/fstab.new /etc/fstab
    systemctl daemon-reload
}

free_space() { df -h --output=avail "$data" | tail -n 1 | tr -d ' '; }
