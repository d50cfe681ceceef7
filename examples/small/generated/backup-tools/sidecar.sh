#!/bin/sh
# A backup sidecar: starts a job when it is due, one after the other, and shows what is known as metrics.
set -u
# shellcheck source=/dev/null
. /backup/lib.sh

# Whether a number is in a list.
among() {
  case " $2 " in *" $1 "*) true ;; *) false ;; esac
}

# Whether the cron expression names this minute. Times are UTC.
named() {
  # shellcheck disable=SC2046 # five words
  set -- $(date '+%M %H %d %m %w')
  minute=${1#0} hour=${2#0} day=${3#0} month=${4#0} weekday=$5
  among "$minute" "$BACKUP_MINUTES" && among "$hour" "$BACKUP_HOURS" && among "$month" "$BACKUP_MONTHS" || return 1
  if [ "$BACKUP_EITHER_DAY" = yes ]; then
    among "$day" "$BACKUP_DAYS" || among "$weekday" "$BACKUP_WEEKDAYS"
  else
    among "$day" "$BACKUP_DAYS" && among "$weekday" "$BACKUP_WEEKDAYS"
  fi
}

# Seconds to wait after so many failures: a minute, two, four … an hour.
patience() {
  wait=60
  count=$1
  while [ "$count" -gt 1 ] && [ "$wait" -lt 3600 ]; do
    wait=$((wait * 2)) count=$((count - 1))
  done
  [ "$wait" -le 3600 ] || wait=3600
  printf '%s\n' "$wait"
}

# What is due now: `backup`, `test` or nothing.
due() {
  at=$(now)
  failures=$(get failures 0)
  success=$(get last_success 0)
  # What was made by hand is not counted: it goes after its time, and the schedule's would have a gap there.
  scheduled=$(get scheduled "$success")
  if [ "$failures" -gt 0 ]; then
    [ "$((at - $(get last_attempt 0)))" -lt "$(patience "$failures")" ] || echo backup
  elif [ "$BACKUP_EVERY" -gt 0 ]; then
    [ "$((at - scheduled))" -lt "$((BACKUP_EVERY + jitter))" ] || echo backup
  elif [ "$((at - scheduled))" -gt "$((BACKUP_GAP + 60))" ] || { named && [ "$((at - $(get last_attempt 0)))" -gt 59 ]; }; then
    echo backup
  fi
  [ "$success" -gt 0 ] || return 0
  failures=$(get test_failures 0)
  if [ "$failures" -gt 0 ]; then
    [ "$((at - $(get test_attempt 0)))" -lt "$(patience "$failures")" ] || echo test
  else
    [ "$((at - $(get test_success 0)))" -lt "$BACKUP_TEST_EVERY" ] || echo test
  fi
}

# Start a job, and come back when it has ended; meanwhile the heart beats.
work() {
  sh /backup/run.sh "$1" &
  job=$!
  while [ -z "$stopping" ] && kill -0 "$job" 2>/dev/null; do
    beat
  done
  wait "$job"
  job=
}

beat() {
  touch /tmp/heartbeat
  [ -n "$stopping" ] || {
    sleep 5 &
    wait "$!"
  }
}

stop() {
  stopping=yes
  # the job of this loop, or one that `ops` began
  for one in $job $(cat "$WORK/state/busy/pid" 2>/dev/null); do
    kill "$one" 2>/dev/null
  done
}

job=
stopping=
trap stop TERM INT
prepare
# What a killed predecessor left.
rm -rf "$WORK/state/busy" "$WORK/tmp" "$SCRATCH/stage" "$SCRATCH/meta" "$SCRATCH/test"
[ "$(cat /turn/busy/store 2>/dev/null)" != "$BACKUP_STORE" ] || rm -rf /turn/busy
prepare
put started "$(now)"
publish
httpd -p 8080 -h "$WORK/www"
jitter=0
if [ "$BACKUP_JITTER" -gt 0 ]; then
  jitter=$(($(od -An -N2 -tu2 /dev/urandom) % BACKUP_JITTER))
fi
beat
while [ -z "$stopping" ]; do
  for what in $(due); do
    [ -n "$stopping" ] || work "$what"
  done
  beat
done
[ -z "$job" ] || wait "$job"
# A job that `ops` began ends by itself now.
while kill -0 "$(cat "$WORK/state/busy/pid" 2>/dev/null || echo x)" 2>/dev/null; do
  sleep 1
done
say 'stopped'
