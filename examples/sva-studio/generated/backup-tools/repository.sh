#!/bin/sh
# The restic repository of one store: credentials, opening, locks, snapshots. Sourced after lib.sh.
# shellcheck disable=SC2034 # what is set here is used by run.sh
export RESTIC_REPOSITORY="$BACKUP_REPOSITORY" RESTIC_PASSWORD_FILE="$SECRETS/restic_password"
export RESTIC_CACHE_DIR="$WORK/cache" RESTIC_PROGRESS_FPS=0 SSL_CERT_FILE=/lent/certificates.crt

# What the repository is called to people: in the container a folder of the host has another name.
PLACE=${BACKUP_PLACE:-$BACKUP_REPOSITORY}
# Remembered beside the sidecar's own volume too, which may be lost together with the repository in it.
MARK=/turn/repository.$BACKUP_STORE

# Read here, from files: never in compose.yaml, never an argument.
case $BACKUP_REPOSITORY in
  s3:*)
    AWS_ACCESS_KEY_ID=$(cat "$SECRETS"/backup_s3_key_id)
    AWS_SECRET_ACCESS_KEY=$(cat "$SECRETS"/backup_s3_secret_key)
    export AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY
    [ ! -e "$SECRETS"/backup_ca ] || CA=$SECRETS/backup_ca
    ;;
  sftp:*)
    # ssh wants a key that nobody else can read; a secret of Compose has the mode that it has on the host
    (umask 077 && cat "$SECRETS"/backup_sftp_key >/tmp/key && echo >>/tmp/key && cat "$SECRETS"/backup_sftp_known_hosts >/tmp/known_hosts)
    SFTP='-i /tmp/key -o UserKnownHostsFile=/tmp/known_hosts -o StrictHostKeyChecking=yes -o IdentitiesOnly=yes -o BatchMode=yes -o ServerAliveInterval=30'
    ;;
esac

# restic in the background, so that a stop reaches it at once and it ends cleanly.
vault() {
  [ -z "${CA:-}" ] || set -- --cacert "$CA" "$@"
  [ -z "${SFTP:-}" ] || set -- -o "sftp.args=$SFTP" "$@"
  if [ -n "${limit:-}" ]; then
    timeout "$limit" restic "$@" &
  else
    restic "$@" &
  fi
  child=$!
  code=0
  wait "$child" || code=$?
  child=
  return "$code"
}

# Why restic could not, in one line: what the SSH client said; what it was trying again when its time was up; or the last
# that it said but for the address, which it repeats at the end.
said() {
  awk -v place="$BACKUP_REPOSITORY" '
    /subprocess ssh: / { ssh = $0 }
    / returned error, retrying after / { tried = $0; sub(/.* retrying after [^:]*: /, "", tried); next }
    /: context canceled$/ && tried { last = tried; next }
    $0 != place && !/^Is there a repository/ && !/^ *$/ { last = $0 }
    END { print ssh ? ssh : last }' "$WORK/tmp/said" | cut -c 1-300
}

# Whether there was a repository at this place before. `seen` is what older versions remembered.
known() {
  for place in "$(get repository)" "$(cat "$MARK" 2>/dev/null)"; do
    case $place in "$PLACE" | seen) return 0 ;; esac
  done
  return 1
}

# Somebody has said that it is lost for good.
begin_anew() {
  forget repository
  rm -f "$MARK"
}

# Open the repository; with `make` it is made where there never was one. Says why not.
open() {
  code=0
  # restic itself would try for a quarter of an hour
  limit=120
  vault cat config --no-lock >/dev/null 2>"$WORK/tmp/said" || code=$?
  limit=
  case $code/$(said) in
    10/* | 0/*) ;;
    */*'bucket does not exist'*) code=10 ;; # init makes it, where the key may
  esac
  case $code in
    0) ;;
    10)
      if known; then
        put gone 1
        problem="the repository at $PLACE is gone. It is not made anew by itself: was its disk not mounted, its bucket emptied, its volume removed?"
        return 1
      fi
      if [ "${1:-}" != make ]; then
        problem="there is no repository at $PLACE"
        return 1
      fi
      if ! vault init >/dev/null 2>"$WORK/tmp/said"; then
        problem="no repository can be made at $PLACE: $(said)"
        return 1
      fi
      say "a new repository at $PLACE"
      ;;
    12)
      problem="secrets/restic_password does not open the repository at $PLACE"
      return 1
      ;;
    *)
      problem="the repository at $PLACE cannot be opened: $(said)"
      return 1
      ;;
  esac
  put gone 0
  put repository "$PLACE"
  [ "$(cat "$MARK" 2>/dev/null)" = "$PLACE" ] || { printf '%s\n' "$PLACE" >"$MARK.new" && mv -f "$MARK.new" "$MARK"; }
}

# A lock that a killed run of ours left. Nobody else on this host uses this repository while we do; a lock of another
# host is left to restic, which takes away those that nobody has renewed for half an hour.
clear_locks() {
  [ -n "$crashed" ] || return 0
  others=no
  for id in $(vault list locks --no-lock 2>/dev/null); do
    case $(vault cat lock "$id" --no-lock 2>/dev/null) in
      *"\"hostname\": \"$(hostname)\""* | *"\"hostname\":\"$(hostname)\""*) ;;
      *) others=yes ;;
    esac
  done
  if [ "$others" = no ]; then
    vault unlock --remove-all >/dev/null 2>&1
  else
    vault unlock >/dev/null 2>&1
  fi
}

# One line a snapshot, oldest first: ID, time, `good` or `shrunk`, items, bytes, `scheduled` or `by-hand`.
snapshots() {
  vault snapshots --json --no-lock --host "$BACKUP_STORE" 2>"$WORK/tmp/said" >"$WORK/tmp/snapshots" || return 1
  sed 's/},{"time"/}\
{"time"/g' "$WORK/tmp/snapshots" | while IFS= read -r line; do
    id=$(part "$line" '"short_id":"\([0-9a-f]*\)"')
    [ -n "$id" ] || continue
    time=$(part "$line" '"time":"\([0-9T:-]*\)')
    items=$(part "$line" '"items=\([0-9]*\)"')
    bytes=$(part "$line" '"total_bytes_processed":\([0-9]*\)')
    case $line in *'shrunk"'*) holds=shrunk ;; *) holds=good ;; esac
    case $line in *'"by-hand-'*) made='by-hand' ;; *) made=scheduled ;; esac
    printf '%s %sZ %s %s %s %s\n' "$id" "$time" "$holds" "${items:-0}" "${bytes:-0}" "$made"
  done
}

part() {
  printf '%s\n' "$1" | sed -n "s/.*$2.*/\\1/p"
}

# ID of the snapshot that was asked for: one by its ID, else the newest good one, not after $2 where that is given.
choose() {
  list=$(snapshots) || {
    problem="the backups cannot be listed: $(said)"
    return 1
  }
  if [ -n "${1:-}" ]; then
    chosen=$(printf '%s\n' "$list" | awk -v id="$1" 'index(id, $1) == 1 || index($1, id) == 1 { print; exit }')
    [ -n "$chosen" ] || problem="there is no backup $1 of $BACKUP_STORE"
  else
    chosen=$(printf '%s\n' "$list" | awk -v at="${2:-9999}" '$2 <= at && $3 == "good"' | tail -n 1)
    [ -n "$chosen" ] || problem="there is no backup of $BACKUP_STORE${2:+ from before $2}"
  fi
  [ -n "$chosen" ]
}
