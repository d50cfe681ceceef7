#!/bin/sh
# How Loki is saved, tried out and compared. Sourced by run.sh.
#
# A line is in the write-ahead log until its chunk and the chunk's entry in the index are on disk. So the log is copied
# first, then the index, then the chunks: what leaves one of them meanwhile is in the next. The flush before only keeps
# the log, and with it the replay after a restore, short.
# shellcheck disable=SC2034 # what is set here is used by run.sh
STORE_ITEMS=chunks
STORE_COPIES=2
STORE_STAGED='/live/wal /live/tsdb-index /live/chunks/index'
# Copied to the stage, since the compactor replaces its files; chunks never change.
STORE_EXCLUDE=/live/chunks/index
QUERY='%7Bservice_name%3D~%22.%2B%22%7D' # {service_name=~".+"}

# The newest line up to a time ($2, in seconds), as "TIMESTAMP SHA-256"; nothing when there is none.
newest() {
  found=$(wget -q -T 60 -O - "$1/loki/api/v1/query_range?query=$QUERY&limit=1&direction=backward&start=$(($2 - 3600))&end=$2") || return 1
  value=$(printf '%s\n' "$found" | sed -n 's/.*"values":\[\(\["[0-9]*",".*"[^]]*\]\)\].*/\1/p')
  [ -n "$value" ] || return 0
  printf '%s %s\n' "$(printf '%s\n' "$value" | sed 's/^\["\([0-9]*\)".*/\1/')" "$(printf '%s\n' "$value" | sha256sum | cut -d ' ' -f 1)"
}

store_save() {
  wget -q -T 300 -O /dev/null --post-data '' http://loki:3100/flush || {
    problem='Loki does not flush: docker compose logs --tail=20 loki'
    return 1
  }
  sleep 10
  at=$(($(now) - 60)) # what is under way now may still come late
  known=$(newest http://loki:3100 "$at") || {
    problem='Loki does not answer a query'
    return 1
  }
  for attempt in 1 2 3 4 5; do
    rm -rf "$STAGE"
    mkdir -p "$STAGE/chunks"
    good=yes
    # A file that is there no more when its turn comes has gone on to the next: begin again.
    for part in wal tsdb-index chunks/index; do
      [ ! -d "/live/$part" ] || cp -R "/live/$part" "$STAGE/$part" 2>"$WORK/tmp/said" || good=no
    done
    [ "$good" = no ] || break
    say "Loki replaced files while they were copied (attempt $attempt)"
    sleep 5
  done
  if [ "$good" = no ]; then
    problem="Loki replaced files during each of five copies: $(tail -n 1 "$WORK/tmp/said")"
    return 1
  fi
  SOURCES=$STAGE=.
  if [ -d /live/chunks ]; then
    SOURCES="$SOURCES /live/chunks=chunks"
    ITEMS=$(find /live/chunks -path /live/chunks/index -prune -o -type f -print | wc -l)
  fi
  printf 'at %s\nknown %s\n' "$at" "$known" >"$META/facts"
}

store_clean() { :; }

# Start a Loki on what was restored: it reads log, index and chunks; then look for the line that was known.
store_use() {
  rm -rf "$1/use"
  cp -R "$1/data" "$1/use" || return 1
  # Its own configuration, on the copy, on loopback, and with nothing deleted.
  sed "s|/loki/|$1/use/|g; s|path_prefix: /loki|path_prefix: $1/use|; s|http_listen_port: 3100|http_listen_address: 127.0.0.1\\n  http_listen_port: 3199|; s|retention_enabled: true|retention_enabled: false|" \
    /etc/loki/loki.yaml >"$1/loki.yaml"
  /usr/bin/loki -config.file="$1/loki.yaml" >"$1/log" 2>&1 &
  used=$!
  until wget -q -T 5 -O /dev/null http://127.0.0.1:3199/ready 2>/dev/null; do
    kill -0 "$used" 2>/dev/null || {
      used=
      problem="Loki does not start on what was restored: $(tail -n 1 "$1/log")"
      return 1
    }
    sleep 1
  done
  known=$(fact "$1/meta/facts" known)
  found=$(newest http://127.0.0.1:3199 "$(fact "$1/meta/facts" at)") || found='no answer'
  kill "$used"
  wait "$used"
  used=
  ITEMS=$(find "$1/data/chunks" -path "$1/data/chunks/index" -prune -o -type f -print 2>/dev/null | wc -l)
  rm -rf "$1/use"
  if [ "$found" != "$known" ]; then
    problem="the newest line of the backup was $known (time, SHA-256), and is ${found:-not there}"
    return 1
  fi
}

store_compare() {
  known=$(fact "$1/meta/facts" known)
  found=$(newest http://loki:3100 "$(fact "$1/meta/facts" at)") || found='no answer'
  say "loki: the newest line of the backup is ${found:-not there}, and was $known"
  if [ "$found" != "$known" ]; then
    problem='Loki has not the newest line of the backup'
    return 1
  fi
}
