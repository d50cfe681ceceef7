#!/bin/sh
# What the scripts of a backup sidecar share: where things are, what is remembered, whose turn it is, what is measured.
# Sourced. POSIX sh; the userland is busybox on every image.
# shellcheck disable=SC2034 # what is set here is used by run.sh
PATH=/lent/bin:/probe/bin:$PATH
WORK=$BACKUP_WORK
SCRATCH=$WORK/scratch
STAGE=$SCRATCH/stage
META=$SCRATCH/meta
SECRETS=/run/secrets # which ones there are follows from the destination
export PATH TMPDIR="$WORK/tmp" TZ=UTC LC_ALL=C

say() {
  printf '%s %s\n' "$(date +%Y-%m-%dT%H:%M:%SZ)" "$*"
}

# One value a file, replaced as a whole: a kill leaves the old one or the new one.
put() {
  printf '%s\n' "$2" >"$WORK/state/$1.new" && mv -f "$WORK/state/$1.new" "$WORK/state/$1"
}

get() {
  if [ -s "$WORK/state/$1" ]; then cat "$WORK/state/$1"; else printf '%s\n' "${2:-}"; fi
}

forget() {
  rm -f "$WORK/state/$1"
}

now() {
  date +%s
}

# The value of a line "NAME VALUE" in a file of facts.
fact() {
  sed -n "s/^$2 //p" "$1" | head -n 1
}

prepare() {
  mkdir -p "$WORK/state" "$WORK/tmp" "$WORK/cache" "$WORK/www" "$SCRATCH"
}

# Bytes that the file system of $1 still has.
space() {
  df -Pk "$1" | awk 'NR == 2 { printf "%.0f\n", $4 * 1024 }'
}

# Bytes in a folder.
size() {
  du -sk "$1" | awk '{ printf "%.0f\n", $1 * 1024 }'
}

# Whether $1 bytes fit on the disk of $2 with a twentieth of it to spare: a full disk stops every store on it.
fits() {
  spare=$(df -Pk "$2" | awk 'NR == 2 { printf "%.0f\n", $2 * 1024 / 20 }')
  [ "$(space "$2")" -gt "$(($1 + spare))" ]
}

# Only one job at a time in this container. A container that died leaves the mark behind; its successor takes it away.
# Whoever waits says so once, where no list is read from.
enter() {
  waits=
  until mkdir "$WORK/state/busy" 2>/dev/null; do
    if kill -0 "$(cat "$WORK/state/busy/pid" 2>/dev/null || echo x)" 2>/dev/null; then
      [ -n "$waits" ] || say "waiting: another job of $BACKUP_STORE is at work" >&2
      waits=yes
    else
      [ -n "$(find "$WORK/state/busy" -maxdepth 0 -mmin -1)" ] || rm -rf "$WORK/state/busy"
    fi
    sleep 1
  done
  printf '%s\n' "$$" >"$WORK/state/busy/pid"
}

leave() {
  rm -rf "$WORK/state/busy"
}

# Only one job at a time in the whole stack. Whoever has its turn touches the mark; one that nobody touched for two
# minutes was left behind by a crash. That two take it away at once would only mean two jobs at a time.
take_turn() {
  until mkdir /turn/busy 2>/dev/null; do
    if [ -n "$(find /turn/busy -maxdepth 0 -mmin +2 2>/dev/null)" ]; then
      say 'taking away the mark of a turn that nobody has any more'
      mv /turn/busy "/turn/old.$BACKUP_STORE.$$" 2>/dev/null && rm -rf "/turn/old.$BACKUP_STORE.$$"
    else
      sleep 2
    fi
  done
  turn=yes
  printf '%s\n' "$BACKUP_STORE" >/turn/busy/store
  chmod 0777 /turn/busy
  me=$$
  (while kill -0 "$me" 2>/dev/null && touch /turn/busy; do sleep 20; done) >/dev/null 2>&1 &
  ticker=$!
}

leave_turn() {
  [ -n "${turn:-}" ] || return 0
  kill "$ticker" 2>/dev/null
  rm -rf /turn/busy
  turn=
}

metric() {
  printf '# HELP %s %s\n# TYPE %s gauge\n%s{store="%s"} %s\n' "$1" "$3" "$1" "$1" "$BACKUP_STORE" "$2"
}

# Everything that is known, as Prometheus reads it.
publish() {
  {
    metric backup_last_success_timestamp_seconds "$(get last_success 0)" 'When the data of the newest good backup was taken; 0 means never.'
    metric backup_last_attempt_timestamp_seconds "$(get last_attempt 0)" 'When a backup was last begun.'
    metric backup_failures "$(get failures 0)" 'Backups that failed since the last good one.'
    metric backup_duration_seconds "$(get duration 0)" 'How long the last good backup took.'
    metric backup_bytes "$(get bytes 0)" 'Bytes that were saved, before compression.'
    metric backup_added_bytes "$(get added 0)" 'Bytes that the last backup added to the repository.'
    metric backup_items "$(get items 0)" 'What the last backup holds: keys, samples, silences, chunks or files.'
    metric backup_shrunk "$(get shrunk 0)" '1 when the last backup holds less than a tenth of the newest good one before.'
    metric backup_repository_gone "$(get gone 0)" '1 when the repository that there was is not there any more.'
    metric backup_restore_test_last_success_timestamp_seconds "$(get test_success 0)" 'When a backup was last restored and used with success; 0 means never.'
    metric backup_restore_test_failures "$(get test_failures 0)" 'Restore tests that failed since the last good one.'
    metric backup_restore_test_duration_seconds "$(get test_duration 0)" 'How long the last good restore test took: what a restore would take.'
    metric backup_restore_test_age_seconds "$(get test_age 0)" 'How old the data of the newest backup was at the last good restore test.'
    metric backup_verified_items "$(get test_items 0)" 'What the restore test found by use: keys, samples, silences, chunks or files.'
    metric backup_verified_bytes "$(get test_bytes 0)" 'Bytes whose checksums the restore test compared.'
    metric backup_rpo_seconds "$BACKUP_RPO" 'How old the newest backup may be, from stack.yaml.'
    metric backup_rto_seconds "$BACKUP_RTO" 'How long a restore may take, from stack.yaml.'
    metric backup_sidecar_start_timestamp_seconds "$(get started 0)" 'When this sidecar was started.'
  } >"$WORK/www/metrics.new" && mv -f "$WORK/www/metrics.new" "$WORK/www/metrics.txt"
}
