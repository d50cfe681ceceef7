#!/bin/sh
# How Prometheus is saved, tried out and compared. Sourced by run.sh.
# shellcheck disable=SC2034 # what is set here is used by run.sh
STORE_ITEMS=samples
STORE_STAGED= # a snapshot is hard links
STORE_COPIES=1 # blocks never change, so what a server is tried with are links to them
snapshots=/live/snapshots
KNOWN='sum(count_over_time(up[1h]))'

# The answer to an instant query at a time: one number, 0 for none.
asked() {
  found=$(wget -q -T 60 -O - "$1/api/v1/query?time=$2&query=$(printf '%s' "$KNOWN" | sed 's/(/%28/g; s/)/%29/g; s/\[/%5B/g; s/\]/%5D/g')") || return 1
  case $found in
    *'"status":"success"'*) printf '%s\n' "$found" | sed -n 's/.*"value":\[[^,]*,"\([^"]*\)"\].*/\1/p;t;s/.*/0/p' ;;
    *) return 1 ;;
  esac
}

# Samples in the blocks of a folder, as the blocks say themselves.
samples() {
  cat "$1"/*/meta.json 2>/dev/null | awk '/"numSamples"/ { gsub(/[^0-9]/, ""); sum += $0 } END { printf "%.0f\n", sum }'
}

store_save() {
  store_clean
  waited=0
  # What is known of the live data, a moment before the snapshot.
  until at=$(($(now) - 15)) && known=$(asked http://prometheus-api:9090 "$at") && [ "$known" != 0 ]; do
    if [ "$waited" -ge 60 ]; then
      problem='Prometheus does not answer, or has not scraped anything yet'
      return 1
    fi
    sleep 5
    waited=$((waited + 5))
  done
  # Blocks as hard links, and what is in memory as one block more: complete up to this moment. Killed before the answer
  # came, we do not know its name: then it is the one that was not there before.
  put snapshots "$(made)"
  answer=$(wget -q -T 900 -O - --post-data '' http://prometheus-api:9090/api/v1/admin/tsdb/snapshot)
  name=$(printf '%s\n' "$answer" | sed -n 's/.*"name":"\([^"/]*\)".*/\1/p')
  if [ -z "$name" ]; then
    problem='Prometheus made no snapshot: docker compose logs --tail=20 prometheus'
    return 1
  fi
  put snapshot "$name"
  forget snapshots
  # The same path each time, so that restic finds what it has seen before.
  mv "$snapshots/$name" "$snapshots/backup" || {
    problem="the snapshot $name cannot be read"
    return 1
  }
  ITEMS=$(samples "$snapshots/backup")
  printf 'at %s\nknown %s\n' "$at" "$known" >"$META/facts"
  SOURCES=$snapshots/backup=.
}

# The snapshots that there are, in one line. Somebody may have made one of his own.
made() {
  find "$snapshots" -mindepth 1 -maxdepth 1 2>/dev/null | sed 's|.*/||' | tr '\n' ' '
}

# A snapshot keeps blocks on the disk that retention would free: it goes as soon as it is saved.
store_clean() {
  rm -rf "$snapshots/backup"
  name=$(get snapshot)
  [ -z "$name" ] || rm -rf "${snapshots:?}/$name"
  forget snapshot
  if [ -e "$WORK/state/snapshots" ]; then
    for name in $(made); do
      case " $(get snapshots)" in *" $name "*) ;; *) rm -rf "${snapshots:?}/$name" ;; esac
    done
    forget snapshots
  fi
}

# Start a Prometheus on what was restored, and ask it what the live one was asked.
store_use() {
  rm -rf "$1/use"
  cp -R -l "$1/data" "$1/use" || return 1
  printf 'global: {}\n' >"$1/prometheus.yml"
  prometheus --config.file="$1/prometheus.yml" --storage.tsdb.path="$1/use" --storage.tsdb.retention.time=100y \
    --web.listen-address=127.0.0.1:9099 --log.level=warn >"$1/log" 2>&1 &
  used=$!
  until wget -q -T 5 -O /dev/null http://127.0.0.1:9099/-/ready 2>/dev/null; do
    kill -0 "$used" 2>/dev/null || {
      used=
      problem="Prometheus does not start on what was restored: $(tail -n 1 "$1/log")"
      return 1
    }
    sleep 1
  done
  known=$(fact "$1/meta/facts" known)
  found=$(asked http://127.0.0.1:9099 "$(fact "$1/meta/facts" at)") || found=nothing
  loaded=$(wget -q -T 30 -O - http://127.0.0.1:9099/metrics | sed -n 's/^prometheus_tsdb_blocks_loaded //p')
  kill "$used"
  wait "$used"
  used=
  blocks=$(find "$1/data" -name meta.json | wc -l)
  ITEMS=$(samples "$1/data")
  rm -rf "$1/use"
  if [ "$found" != "$known" ]; then
    problem="$KNOWN is $found, and was $known when it was saved"
    return 1
  fi
  if [ "$loaded" -ne "$blocks" ]; then
    problem="Prometheus could load $loaded of $blocks blocks: $(tail -n 1 "$1/log")"
    return 1
  fi
}

store_compare() {
  known=$(fact "$1/meta/facts" known)
  found=$(asked http://prometheus-api:9090 "$(fact "$1/meta/facts" at)") || found=nothing
  say "prometheus: $KNOWN at the time of the backup is $found, and was $known"
  if [ "$found" != "$known" ]; then
    problem="Prometheus has not what was restored: $KNOWN is $found, and was $known"
    return 1
  fi
}
