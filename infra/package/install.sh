#!/bin/bash
# Installs the box from the unpacked tarball. As root. Run again, it upgrades; heldar.yaml is never overwritten.
set -euo pipefail
here=$(cd "$(dirname "$(readlink -f "$0")")" && pwd)

if [ "$(id -u)" != 0 ]; then
  echo "install.sh: must run as root, it makes a system user and a service" >&2
  exit 1
fi

install -D -m 0755 "$here/heldar-edge-upgrade" /usr/local/sbin/heldar-edge-upgrade
install -m 0755 "$here/heldar-smart" /usr/local/sbin/heldar-smart
/usr/local/sbin/heldar-edge-upgrade prepare
[ -e /etc/heldar/heldar.yaml ] || install -m 0640 -g heldar "$here/heldar.yaml" /etc/heldar/heldar.yaml
ln -sfn /opt/heldar/current/heldar-edge /usr/local/bin/heldar-edge
if [ -d /run/systemd/system ]; then
  install -m 0644 "$here/heldar-edge.service" "$here/heldar-smart.timer" /etc/systemd/system/
  sed 's|/usr/sbin/|/usr/local/sbin/|' "$here/heldar-smart.service" > /etc/systemd/system/heldar-smart.service
  systemctl daemon-reload
  systemctl enable heldar-edge.service
  systemctl enable --now heldar-smart.timer
fi
/usr/local/sbin/heldar-edge-upgrade install "$here/bin"
echo "installed; next: edit /etc/heldar/heldar.yaml, then runuser -u heldar -- heldar-edge doctor --config /etc/heldar/heldar.yaml"
