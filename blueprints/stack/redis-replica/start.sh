#!/bin/sh
# The password by which it follows Redis comes from a secret file, and goes in on standard input: neither a file nor the
# arguments of the program have it.
set -eu
server=redis-server
command -v "$server" >/dev/null || server=valkey-server
exec "$server" /usr/local/etc/redis/redis.conf - <<CONF
masterauth $(cat /run/secrets/redis_replica_password)
CONF
