#!/bin/sh
# How Redis (or Valkey) is saved, tried out and compared. Sourced by run.sh.
# shellcheck disable=SC2034 # what is set here is used by run.sh
STORE_ITEMS=keys
STORE_COPIES=2 # what is restored, and the copy that the server is tried with: it writes where it runs

if command -v redis-server >/dev/null 2>&1; then engine=redis; else engine=valkey; fi

redis() {
  REDISCLI_AUTH=$(cat "$SECRETS/redis_backup_password") "$engine-cli" -e --no-auth-warning -h redis --user backup "$@"
}

# A field of INFO on standard input.
field() {
  tr -d '\r' | sed -n "s/^$1://p"
}

# Keys of all databases in INFO keyspace on standard input; with `expires`, those that have a time to live.
counted() {
  tr -d '\r' | awk -F '[:=,]' -v which="${1:-keys}" '/^db/ { for (i = 2; i < NF; i++) if ($i == which) sum += $(i + 1) } END { print sum + 0 }'
}

store_save() {
  info=$(redis info persistence) || {
    problem="Redis does not answer the user backup: $(printf '%s\n' "$info" | tail -n 1)"
    return 1
  }
  # A dump, and not one that was there before. `schedule`: after an AOF rewrite, if one is under way.
  saves=$(printf '%s\n' "$info" | field rdb_saves)
  redis bgsave schedule >/dev/null || {
    problem='Redis refuses to save (BGSAVE)'
    return 1
  }
  waited=0
  while :; do
    info=$(redis info persistence) || return 1
    if [ "$(printf '%s\n' "$info" | field rdb_bgsave_in_progress)" = 0 ]; then
      [ "$(printf '%s\n' "$info" | field rdb_saves)" -le "$saves" ] || break
      if [ "$waited" -gt 0 ] && [ "$(printf '%s\n' "$info" | field rdb_last_bgsave_status)" != ok ]; then
        problem='Redis could not write its dump (BGSAVE failed)'
        return 1
      fi
    fi
    if [ "$waited" -ge 900 ]; then
      problem='Redis has not ended its BGSAVE within 15 minutes'
      return 1
    fi
    sleep 1
    waited=$((waited + 1))
  done
  # The append-only file is a base and what came after, named in a manifest. Files that it names are only added to, so a
  # copy is good if the manifest is the same before and after; an end cut off is what a crash leaves, and is read as such.
  for attempt in 1 2 3 4 5; do
    rm -rf "$STAGE/appendonlydir"
    changes=$(redis info persistence | field rdb_changes_since_last_save)
    keys=$(redis info keyspace | counted)
    manifest=$(cat /live/appendonlydir/*.manifest 2>/dev/null)
    if ! cp /live/dump.rdb "$STAGE/dump.rdb" || [ -z "$manifest" ] || ! cp -R /live/appendonlydir "$STAGE/"; then
      problem='dump.rdb or appendonlydir cannot be read'
      return 1
    fi
    rm -f "$STAGE"/appendonlydir/temp-*
    info=$(redis info keyspace) || return 1
    ITEMS=$(printf '%s\n' "$info" | counted)
    if [ "$(cat /live/appendonlydir/*.manifest)" = "$manifest" ]; then
      # As many keys could have come or gone while the file was copied. (A dump of Redis' own sets the count to 0.)
      changes=$(($(redis info persistence | field rdb_changes_since_last_save) - changes))
      [ "$changes" -ge 0 ] || continue
      low=$keys high=$ITEMS
      [ "$keys" -le "$ITEMS" ] || low=$ITEMS high=$keys
      expires=$(printf '%s\n' "$info" | counted expires)
      # a key may also have run out meanwhile, which is no change by a client
      printf 'low %s\nhigh %s\nexpires %s\n' "$((low - changes))" "$((high + changes))" "$expires" >"$META/facts"
      SOURCES=$STAGE=.
      return 0
    fi
    say "the append-only file was rewritten while it was copied (attempt $attempt)"
    sleep 2
  done
  problem='the append-only file was rewritten during each of five copies'
  return 1
}

store_clean() { :; }

# Start a server on what was restored, and count its keys.
store_use() {
  rm -rf "$1/use"
  cp -R "$1/data" "$1/use" || return 1
  "$engine-check-rdb" "$1/use/dump.rdb" >"$1/log" 2>&1 || {
    problem="dump.rdb is damaged: $(tail -n 1 "$1/log")"
    return 1
  }
  # As a replica of nobody, it keeps keys whose time has run out since, so that all can be counted.
  "$engine-server" --dir "$1/use" --port 6399 --bind 127.0.0.1 --save '' --appendonly yes --aof-load-truncated yes \
    --auto-aof-rewrite-percentage 0 --replicaof 127.0.0.1 1 --logfile "$1/log" --daemonize no >/dev/null 2>&1 &
  used=$!
  # PING is refused while it still loads; INFO is not, and would count what is there so far.
  until "$engine-cli" -e -p 6399 ping >/dev/null 2>&1; do
    kill -0 "$used" 2>/dev/null || {
      used=
      problem="$engine-server does not start on what was restored: $(tail -n 1 "$1/log")"
      return 1
    }
    sleep 1
  done
  ITEMS=$("$engine-cli" -e -p 6399 info keyspace | counted)
  kill "$used"
  wait "$used"
  used=
  rm -rf "$1/use"
  low=$(fact "$1/meta/facts" low)
  high=$(fact "$1/meta/facts" high)
  if [ "$ITEMS" -lt "$low" ] || [ "$ITEMS" -gt "$high" ]; then
    problem="$ITEMS keys were found, $low to $high were saved"
    return 1
  fi
}

# Whether the live Redis has what was restored: keys with a time to live may have run out since.
store_compare() {
  info=$(redis info keyspace) || {
    problem='Redis does not answer the user backup'
    return 1
  }
  have=$(printf '%s\n' "$info" | counted)
  saved=$(fact "$1/meta/facts" low)
  least=$((saved - $(fact "$1/meta/facts" expires)))
  say "redis has $have keys, the backup $saved"
  if [ "$have" -lt "$least" ]; then
    problem="Redis has $have keys, at least $least were restored"
    return 1
  fi
}
