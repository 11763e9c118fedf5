# Part of provision.sh: installs packages of Debian and Ubuntu, and enables automatic security updates.

# How long to wait for apt's lock, in seconds: on a machine with less than 2 GB of memory, whose disk is slow as a rule, unattended
# upgrades of the first boot take longer.
lock_within=600
[ "$(awk '/^MemTotal:/ { print int($2 / 1024) }' /proc/meminfo)" -ge 2000 ] || lock_within=1800
# The interval of progress lines while waiting, in seconds.
said_every=60

# Unattended upgrades or the first boot's installation may hold apt's locks. apt itself waits only for some of its locks.
# The clock measures the time, because one attempt can take a minute.
apt_get() {
    began=$(date +%s)
    said_at=$began
    until words=$(DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=60 "$@" </dev/null 2>&1); do
        case $words in
            *"Could not get lock"* | *"Unable to lock"* | *"Unable to acquire"*) ;;
            *) die "Packages could not be installed (apt-get $*). apt says: $(printf '%s\n' "$words" | grep '^E:' | tail -n 2 | tr '\n' ' ')" ;;
        esac
        now=$(date +%s)
        [ "$((now - began))" -lt "$lock_within" ] || die "Another program has held apt's lock for $((lock_within / 60)) minutes. See which (ps aux | grep apt), and run pulumi up again."
        if [ "$((now - said_at))" -ge "$said_every" ]; then
            said_at=$now
            say "Waiting for apt's lock ($((now - began)) s) ..."
        fi
        sleep 5
    done
}

is_installed() { dpkg-query --show --showformat '${db:Status-Status}' "$1" 2>/dev/null | grep -qx installed; }

# install_packages PACKAGE...: installs the missing ones. Fetches the package list once, and only if something is missing.
install_packages() {
    missing=
    for package in "$@"; do
        is_installed "$package" || missing="$missing $package"
    done
    [ -n "$missing" ] || return 0
    update_lists
    say "Installing$missing ..."
    # shellcheck disable=SC2086 # a list of names
    apt_get install --no-install-recommends $missing
}

update_lists() {
    [ -z "${lists_are_new-}" ] || return 0
    say "Fetching the list of packages ..."
    apt_get update
    lists_are_new=yes
}

# is_offered PACKAGE [VERSION]: succeeds if the package list has the package, in a version with this beginning.
is_offered() { apt-cache show --no-all-versions "$1" 2>/dev/null | grep -q "^Version: ${2-}"; }

# The host program (files/host/site_apply) needs Python.
install_python() { command -v python3 >/dev/null || install_packages python3; }

keep_secure() {
    # tzdata: the timer of reboots names a time zone.
    install_packages unattended-upgrades tzdata
    {
        echo '// Security updates are installed automatically every day.'
        echo 'APT::Periodic::Update-Package-Lists "1";'
        echo 'APT::Periodic::Unattended-Upgrade "1";'
        # On a VM of the stack, site-apply alone reboots: when nobody works, and with a check afterwards.
        [ -z "$boot" ] || echo 'Unattended-Upgrade::Automatic-Reboot "false";'
    } | put /etc/apt/apt.conf.d/52jupyter-up || :
}
