#!/bin/sh
# What a server says of itself, asked as the user `replica`, who may do no more: this one's, or another's (its name).
set -eu
REDISCLI_AUTH=$(cat /run/secrets/redis_replica_password)
export REDISCLI_AUTH
# Where no container has the name, a resolver may take 40 s to say so.
said=$(timeout 5 redis-cli -e --no-auth-warning -h "${1:-127.0.0.1}" --user replica info all)
printf '%s\n' "$said" | tr -d '\r'
