# Part of provision.sh: sets the limits of the site's containers at each boot.

# A VM may boot with another machine type than before, which has other memory and cores. Docker keeps the limits that the last release
# set for the earlier ones.
renew_limits() {
    unit=jupyter-up-limits.service
    put "/etc/systemd/system/$unit" <<end && systemctl daemon-reload
# Sets the limits of the site's containers for this machine's memory and cores. Log: journalctl -u $unit
[Unit]
Description=Sets the limits of the site's containers for this machine
After=docker.service
ConditionPathExists=/opt/jupyter-up/bin/site-apply

[Service]
Type=oneshot
ExecStart=/bin/sh /opt/jupyter-up/bin/site-apply limits

[Install]
WantedBy=multi-user.target
end
    systemctl is-enabled --quiet "$unit" || systemctl enable --quiet "$unit"
}
