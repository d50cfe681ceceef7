#!/bin/sh
# Healthy: it answers, with its data loaded. Whether it follows Redis is for alerts: without Redis it has to stay as it is.
# While it follows and its own append-only file is whole, the time of /data/in-step says so: `ops failover` reads from it
# how old the copy is, also of a replica that was restarted since.
set -eu
info=$(sh /usr/local/etc/redis/info.sh)
holds() { printf '%s\n' "$info" | grep -qx "$1"; }
holds loading:0
if holds master_link_status:up && holds aof_enabled:1 && holds aof_rewrite_in_progress:0 && holds aof_rewrite_scheduled:0; then
  touch /data/in-step
fi
