# Part of provision.sh: installs and configures Docker.

install_docker() {
    configure_docker
    if ! command -v dockerd >/dev/null; then
        update_lists
        # Debian 13 has the client in a separate package.
        if is_offered docker-cli; then install_packages docker.io docker-cli; else install_packages docker.io; fi
    fi
    docker compose version >/dev/null 2>&1 || install_compose
    systemctl is-active --quiet docker || systemctl start docker || die "Docker's engine does not start: sudo journalctl -u docker -n 20"
}

install_compose() {
    update_lists
    for package in docker-compose-v2 docker-compose-plugin docker-compose; do
        if is_offered "$package" 2 || is_offered "$package" 5; then
            install_packages "$package"
            return
        fi
    done
    die "${PRETTY_NAME:-This system} has no package of Docker's Compose plugin, version 2. Upgrade it to Debian 13, or install Docker's own packages (https://docs.docker.com/engine/install), and run pulumi up again."
}

# Runs before Docker is installed, because Docker's package starts the engine. An existing Docker keeps its settings: a
# restart with new ones would stop its other containers.
configure_docker() {
    before=$(cat "$own/daemon.json" 2>/dev/null || :)
    if [ -z "$device$before" ] && command -v dockerd >/dev/null; then return; fi
    mkdir -p /etc/docker /etc/systemd/system/docker.service.d
    {
        echo '{'
        [ -z "$device" ] || echo "  \"data-root\": \"$data/docker\","
        echo '  "live-restore": true,'
        echo '  "log-driver": "local"'
        echo '}'
    } | put "$own/daemon.json" || :
    if [ -e /etc/docker/daemon.json ] && [ "$(cat /etc/docker/daemon.json)" != "$before" ]; then
        [ -z "$device" ] || die "/etc/docker/daemon.json was not written by this program, which must set Docker's data folder in it. Move the file away and run pulumi up again."
        say "Docker's settings (/etc/docker/daemon.json) were changed by others and stay as they are."
        return
    fi
    restart=
    put /etc/docker/daemon.json <"$own/daemon.json" && restart=yes
    put /etc/systemd/system/docker.service.d/jupyter-up.conf <<end && restart=yes
# Without the data disk, Docker would start with an empty folder on the boot disk.
[Unit]
RequiresMountsFor=$data
end
    [ -n "$restart" ] || return 0
    systemctl daemon-reload
    # Containers keep running during the restart, because of live-restore.
    ! systemctl is-active --quiet docker || systemctl restart docker || die "Docker's engine does not start: sudo journalctl -u docker -n 20"
}

check_docker() {
    docker info >/dev/null 2>&1 || die "Docker's engine does not answer: sudo journalctl -u docker -n 20"
    systemctl is-enabled --quiet docker || systemctl enable --quiet docker
}
