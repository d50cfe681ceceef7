#!/bin/sh
# One job of a backup sidecar, in the foreground:
#   backup [by-hand]       save the store now; one made by hand stays BACKUP_KEEP_BY_HAND seconds, whatever the schedule keeps
#   anew                   the same where the repository is lost for good: a new one is made
#   accept                 the same where the store holds far less on purpose: from now on this is what a restore takes
#   last                   ID of the backup that was last made by hand
#   test                   restore the newest backup into scratch space, and use it
#   list                   ID, time, kind, items, bytes, origin and how its restore test went, a line each
#   fetch [ID] [TIME]      restore one into scratch space, use it, and leave it there for `ops restore`
#   fetched                ID and time of that one
#   compare                whether the live store has what was fetched
#   drop                   remove what was fetched
# Exit code 0: done. 1: not, and the last line says why.
set -u
# shellcheck source=/dev/null
. /backup/lib.sh
# shellcheck source=/dev/null
. /backup/repository.sh
# shellcheck source=/dev/null
. /backup/files.sh
# shellcheck source=/dev/null
. /backup-store/store.sh

problem=
accepted=
crashed=
writes=
entered=
chosen=
child=
used=
kind=

finish() {
  code=$?
  trap - EXIT
  [ -z "$child" ] || kill "$child" 2>/dev/null
  [ -z "$used" ] || kill "$used" 2>/dev/null
  if [ -n "$entered" ]; then
    [ "$kind" != backup ] || store_clean
    [ -z "$writes" ] || forget working
    leave_turn
    leave
  fi
  publish
  exit "$code"
}

# Told to stop: restic ends what it is doing and takes its lock away. What was begun is begun again after the start.
stopped() {
  trap '' TERM INT HUP
  say "$kind of $BACKUP_STORE: interrupted"
  [ -z "$child" ] || kill "$child" 2>/dev/null
  [ -z "$used" ] || kill "$used" 2>/dev/null
  # Not for all: the ticker of the turn lasts as long as this process does.
  for one in $child $used; do wait "$one" || true; done
  child='' used=''
  exit 130
}

failed() {
  [ -n "${1:-}" ] && problem=$1
  say "$kind of $BACKUP_STORE failed: $problem"
  case $kind in
    backup) put failures "$(($(get failures 0) + 1))" ;;
    test)
      put test_failures "$(($(get test_failures 0) + 1))"
      [ -z "$chosen" ] || put "failed.${chosen%% *}" "$(now)"
      ;;
  esac
  exit 1
}

backup() {
  origin=$1
  put last_attempt "$(now)"
  open make || failed
  clear_locks
  before=$(choose '' && printf '%s\n' "$chosen" | cut -d ' ' -f 4) || before=0
  rm -rf "$STAGE" "$META"
  mkdir -p "$STAGE" "$META"
  need=$(staged)
  fits "$need" "$STAGE" || failed "too little space to copy what is saved: $(space "$STAGE") bytes are free, it may need $need"
  began=$(now)
  SOURCES='' ITEMS=0 problem=''
  store_save || failed
  store_list || failed
  printf '%s\n' "$SOURCES" >"$META/sources"
  # shellcheck disable=SC2154 # store_list sets it
  printf 'items %s\nbegan %s\nbytes %s\n' "$ITEMS" "$began" "$bytes" >>"$META/facts"
  case $BACKUP_REPOSITORY in
    /*) fits "$need" "$BACKUP_REPOSITORY" || failed "too little space for the backup: $(space "$BACKUP_REPOSITORY") bytes are free at $BACKUP_REPOSITORY, it may need $need" ;;
  esac
  kind_of_snapshot=good
  # Far less than the newest good one may be a loss, unless somebody has said that it is none.
  [ -n "$accepted$STORE_ENDS" ] || [ $((ITEMS * 10)) -ge "$before" ] || kind_of_snapshot=shrunk
  # Each group is thinned out by itself, see thin: neither counts for the other.
  tag=$kind_of_snapshot
  [ "$origin" = scheduled ] || tag=by-hand-$tag
  printf '%s\n' "$STORE_EXCLUDE" >"$WORK/tmp/exclude"
  # shellcheck disable=SC2086 # none or one word
  set -- $STORE_CTIME "$META"
  for pair in $SOURCES; do
    set -- "$@" "${pair%%=*}"
  done
  vault backup --json --host "$BACKUP_STORE" --group-by host --tag "$tag" --tag "items=$ITEMS" \
    --time "$(date -d "@$began" '+%Y-%m-%d %H:%M:%S')" --exclude-file "$WORK/tmp/exclude" "$@" \
    >"$WORK/tmp/summary" 2>"$WORK/tmp/said" || store_incomplete "$?" || failed "restic: $(said)"
  store_clean
  added=$(sed -n 's/.*"data_added_packed":\([0-9]*\).*/\1/p;t' "$WORK/tmp/summary" | tail -n 1)
  put added "${added:-0}"
  put items "$ITEMS"
  put bytes "$bytes"
  put duration "$(($(now) - began))"
  if [ "$kind_of_snapshot" = shrunk ]; then put shrunk 1; else put shrunk 0; fi
  put last_success "$began"
  [ "$origin" != scheduled ] || put scheduled "$began"
  put "last_id.$origin" "$(sed -n 's/.*"snapshot_id":"\([0-9a-f]\{8\}\).*/\1/p' "$WORK/tmp/summary" | tail -n 1)"
  put failures 0
  publish
  thin
  rm -rf "$STAGE" "$META"
  say "backup of $BACKUP_STORE: $ITEMS $STORE_ITEMS, $bytes bytes, ${added:-0} new in the repository, $(get duration) s, ID $(get "last_id.$origin")"
  if [ "$kind_of_snapshot" = shrunk ]; then
    say "it holds less than a tenth of the newest good one ($before $STORE_ITEMS): a restore takes that, unless --from names this one; runbook BackupShrunk"
  fi
}

# Old backups go: scheduled ones by what the schedule keeps, those made by hand by their age. Once a day what they alone used goes too. One that could not be thinned out is a good backup still.
thin() {
  set -- --host "$BACKUP_STORE" --group-by host --retry-lock 2m
  # shellcheck disable=SC2086 # words, from compose.yaml
  vault forget --quiet --tag good $BACKUP_KEEP "$@" >/dev/null 2>"$WORK/tmp/said" || say "old backups could not be forgotten: $(said)"
  # shellcheck disable=SC2086
  vault forget --quiet --tag shrunk $BACKUP_KEEP "$@" >/dev/null 2>"$WORK/tmp/said" || say "old backups could not be forgotten: $(said)"
  ended=$(date -d "@$(($(now) - BACKUP_KEEP_BY_HAND))" +%Y-%m-%dT%H:%M:%SZ)
  # shellcheck disable=SC2046 # IDs
  set -- $(snapshots | awk -v ended="$ended" '$6 == "by-hand" && $2 < ended { print $1 }')
  [ $# -eq 0 ] || vault forget --quiet --retry-lock 2m "$@" >/dev/null 2>"$WORK/tmp/said" || say "old backups could not be forgotten: $(said)"
  [ "$(($(now) - $(get pruned 0)))" -ge 80000 ] || return 0
  find "$WORK/state" \( -name 'tested.*' -o -name 'failed.*' \) -mtime +400 -exec rm -f {} +
  if vault prune --quiet --retry-lock 2m >/dev/null 2>"$WORK/tmp/said"; then
    put pruned "$(now)"
  else
    say "what old backups used could not be freed: $(said)"
  fi
}

# Restore a snapshot ($1) into $2 and look whether it is what was saved.
fetch_into() {
  need=$(vault stats --json --no-lock --mode restore-size "$1" 2>"$WORK/tmp/said" | sed -n 's/.*"total_size":\([0-9]*\).*/\1/p')
  [ -n "$need" ] || failed "restic: $(said)"
  rm -rf "$2"
  mkdir -p "$2/meta" "$2/data"
  fits "$((need * STORE_COPIES))" "$2" || failed "too little space to restore: $(space "$2") bytes are free, $((need * STORE_COPIES)) are needed"
  vault restore --quiet --no-lock "$1:$META" --target "$2/meta" >/dev/null 2>"$WORK/tmp/said" || failed "restic: $(said)"
  store_get "$1" "$2" || failed
  store_check "$2" || failed
  ITEMS=0
  store_use "$2" || failed
}

test_restore() {
  open || failed
  clear_locks
  choose || failed
  id=${chosen%% *}
  vault check --quiet --retry-lock 2m >/dev/null 2>"$WORK/tmp/said" || failed "restic check: $(said)"
  began=$(now)
  fetch_into "$id" "$SCRATCH/test"
  ended=$(now)
  put test_duration "$((ended - began))"
  put test_age "$((ended - $(fact "$SCRATCH/test/meta/facts" began)))"
  put test_items "$ITEMS"
  put test_bytes "$(size "$SCRATCH/test/data")"
  put test_success "$ended"
  put test_failures 0
  put "tested.$id" "$ended"
  forget "failed.$id"
  rm -rf "$SCRATCH/test"
  say "restore test of $BACKUP_STORE: backup $id, $ITEMS $STORE_ITEMS found, $(get test_bytes) bytes as they were saved, $(get test_duration) s (RTO $BACKUP_RTO s), data $(get test_age) s old (RPO $BACKUP_RPO s)"
}

list() {
  open || failed
  snapshots >"$WORK/tmp/list" || failed "$(said)"
  while read -r id rest; do
    tested=no
    [ -z "$(get "tested.$id")" ] || tested=yes
    [ -z "$(get "failed.$id")" ] || tested=failed@$(date -d "@$(get "failed.$id")" +%Y-%m-%dT%H:%MZ)
    printf '%s %s %s\n' "$id" "$rest" "$tested"
  done <"$WORK/tmp/list"
  [ "$(get test_failures 0)" = 0 ] || printf '! %s %s\n' "$(get test_failures)" "$(date -d "@$(get test_attempt 0)" +%Y-%m-%dT%H:%MZ)"
}

fetch() {
  open || failed
  choose "${1:-}" "${2:-}" || failed
  began=$(now)
  fetch_into "${chosen%% *}" "$SCRATCH/restore"
  printf '%s\n' "$chosen" >"$SCRATCH/restore/snapshot"
  say "backup ${chosen%% *} of $BACKUP_STORE is good: $ITEMS $STORE_ITEMS, $(wc -l <"$SCRATCH/restore/meta/sha256") files as they were saved, $(($(now) - began)) s"
}

compare() {
  [ -s "$SCRATCH/restore/meta/facts" ] || failed 'nothing was fetched'
  store_compare "$SCRATCH/restore" || failed
}

wait_and_tell() {
  [ ! -d /turn/busy ] || say "waiting: $(cat /turn/busy/store 2>/dev/null) is at work"
  take_turn
}

kind=${1:-}
prepare
trap finish EXIT
trap stopped TERM INT HUP
enter
entered=yes
case $kind in
  backup | anew | accept | test)
    # Still there: the run before was killed, and may have left a lock in the repository.
    # shellcheck disable=SC2034 # repository.sh uses it
    crashed=$(get working)
    writes=yes
    put working yes
    ;;
esac
case $kind in
  backup)
    wait_and_tell
    backup "${2:-scheduled}"
    ;;
  anew)
    kind=backup
    wait_and_tell
    begin_anew
    backup scheduled
    ;;
  accept)
    kind=backup accepted=yes
    wait_and_tell
    backup scheduled
    ;;
  last) get last_id.by-hand ;;
  test)
    put test_attempt "$(now)"
    wait_and_tell
    test_restore
    ;;
  list) list ;;
  fetch) fetch "${2:-}" "${3:-}" ;;
  fetched) cut -d ' ' -f 1,2 "$SCRATCH/restore/snapshot" ;;
  compare) compare ;;
  drop) rm -rf "$SCRATCH/restore" ;;
  *)
    echo 'run.sh backup [by-hand] | anew | accept | last | test | list | fetch [ID] [TIME] | fetched | compare | drop' >&2
    exit 2
    ;;
esac
