#!/bin/sh
# ./ops backup, backups and restore. Sourced by ops.
stores='alertmanager loki prometheus redis app-01_uploads billing_dumps'
# Volumes of applications: nothing of this stack runs on them.
volumes='app-01_uploads billing_dumps'
# What users miss most comes back first.
restore_order='redis app-01_uploads billing_dumps alertmanager loki prometheus'

# A job of a store's sidecar. On a new host it is started first; that needs no store.
sidecar() {
  store=$1
  shift
  [ -n "$(docker compose ps --quiet --status running "backup-$store" 2>/dev/null)" ] || docker compose up --detach "backup-$store" >&2
  docker compose exec -T "backup-$store" /probe/bin/sh /backup/run.sh "$@"
}

is_store() {
  case " $stores " in *" $1 "*) true ;; *) false ;; esac
}

is_volume() {
  case " $volumes " in *" $1 "*) true ;; *) false ;; esac
}

# Names of running containers that have a volume of an application mounted, but for the one that saves it.
users_of() {
  # shellcheck disable=SC2154 # set by docker_answers
  docker ps --filter "volume=$1" --format '{{.Names}} {{.Label "com.docker.compose.project"}} {{.Label "com.docker.compose.service"}}' |
    awk -v ours="$project backup-$1" '{ name = $1; sub(/^[^ ]* /, "") } $0 != ours { print name }' | tr '\n' ' '
}

# Whether a volume of an application is there and nobody uses it. Its containers are not this stack's to stop: only
# their owner knows in which order, and how they are started again.
at_rest() {
  docker volume inspect "$1" >/dev/null 2>&1 || {
    printf '%s\n' "there is no volume $1: start its application once, or docker volume create $1" >&2
    return 1
  }
  using=$(users_of "$1")
  [ -z "$using" ] || {
    printf '%s\n' "the volume $1 is in use, and nothing was touched. Stop what uses it first: docker stop ${using% }" >&2
    return 1
  }
}

known_store() {
  is_store "$1" || wrong "$1 keeps nothing that is saved: $stores do"
}

backup() {
  failed=0
  # shellcheck disable=SC2086 # words
  [ $# -gt 0 ] || set -- $stores
  for one in "$@"; do
    if is_store "$one"; then
      sidecar "$one" backup || failed=1
    else
      case $one in
        alertmanager | backup-alertmanager | backup-loki | backup-prometheus | backup-redis | backup-tools | backup-app-01_uploads | backup-billing_dumps | blackbox-exporter | canary | container-exporter | deadman | docker-proxy | gateway | loki | node-exporter | otel-collector | probe-tools | prometheus | redis | redis-exporter)
          printf '%s\n' "$one keeps nothing that is saved" ;;
        *) wrong "there is no store $one: $stores" ;;
      esac
    fi
  done
  return "$failed"
}

backups() {
  failed=0
  printf '%-13s %-9s %-21s %10s %12s  %s\n' STORE ID 'TIME (UTC)' SIZE ITEMS 'RESTORE TEST'
  # shellcheck disable=SC2086 # words
  [ $# -gt 0 ] || set -- $stores
  for one in "$@"; do
    known_store "$one"
    if list=$(sidecar "$one" list); then
      printf '%s\n' "$list" | while read -r id time kind items bytes tested; do
        [ -n "$id" ] || continue
        note=
        [ "$kind" = good ] || note=' (holds far less than the one before; only taken with --from)'
        case $tested in yes) tested='passed' ;; *) tested='not yet' ;; esac
        printf '%-13s %-9s %-21s %10s %12s  %s%s\n' "$one" "$id" "$time" "$(human "$bytes")" "$items" "$tested" "$note"
      done
    else
      printf '%-13s %s\n' "$one" "$(printf '%s\n' "$list" | tail -n 1)"
      failed=1
    fi
  done
  return "$failed"
}

human() {
  awk -v bytes="$1" 'BEGIN { split("B KiB MiB GiB TiB", unit); n = 1; while (bytes >= 1024 && n < 5) { bytes /= 1024; n++ } printf (n == 1 ? "%d %s" : "%.1f %s"), bytes, unit[n] }'
}

# A time as the list of backups shows it: the end of a day or minute where no more was said.
moment() {
  case $1 in
    [0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]) echo "$1T23:59:59Z" ;;
    [0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9][T\ ][0-9][0-9]:[0-9][0-9] | [0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9][T\ ][0-9][0-9]:[0-9][0-9]Z)
      printf '%s:59Z\n' "$1" | sed 's/ /T/; s/Z:/:/' ;;
    [0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9][T\ ][0-9][0-9]:[0-9][0-9]:[0-9][0-9] | [0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9][T\ ][0-9][0-9]:[0-9][0-9]:[0-9][0-9]Z)
      printf '%sZ\n' "$1" | sed 's/ /T/; s/ZZ/Z/' ;;
    *) wrong "$1 is no time: 2026-05-31, or '2026-05-31 03:00' (UTC, as ./ops backups shows it)" ;;
  esac
}

# swap.sh on the volume of a store, as its user, in a container that can do nothing else. The store must be stopped.
# Files of an application keep their owners, for which root needs a few capabilities.
swap() {
  store=$1
  shift
  rights=
  case $store in
    alertmanager) user=65534:65534 live=$(volume alertmanager-data) work=backup-alertmanager ;;
    loki) user=10001:10001 live=$(volume loki-data) work=backup-loki ;;
    prometheus) user=65534:65534 live=$(volume prometheus-data) work=backup-prometheus ;;
    redis) user=999:999 live=$(volume redis-data) work=backup-redis ;;
    app-01_uploads) user=0:0 live=app-01_uploads work=backup-app-01_uploads rights='--cap-add CHOWN --cap-add DAC_OVERRIDE --cap-add FOWNER --cap-add FSETID' ;;
    billing_dumps) user=0:0 live=billing_dumps work=backup-billing_dumps rights='--cap-add CHOWN --cap-add DAC_OVERRIDE --cap-add FOWNER --cap-add FSETID' ;;
  esac
  # shellcheck disable=SC2086 # words
  docker run --rm --network none --user "$user" --read-only --cap-drop ALL $rights --security-opt no-new-privileges \
    --volume "$live:/live" --volume "$(volume "$work"):/work" --volume "$(pwd)/backup-tools:/backup:ro" \
    docker.io/library/busybox:1.37.0-musl sh /backup/swap.sh "$@"
}

volume() {
  # shellcheck disable=SC2154 # set by docker_answers
  docker volume ls --quiet --filter "label=com.docker.compose.project=$project" --filter "label=com.docker.compose.volume=$1" | head -n 1
}

start() {
  docker compose up --detach --no-deps --wait --wait-timeout 600 "$1" >/dev/null 2>&1
}

quiet() {
  id=
  [ "$1" = alertmanager ] || id=$(alertmanager silence add "component=$1" --duration=30m --author="$(me)" --comment="ops restore $1" 2>/dev/null) || id=
}

loud() {
  [ -z "$id" ] || alertmanager silence expire "$id" >/dev/null 2>&1 || true
}

restore_usage() {
  wrong "restore STORE | --all  [--at TIME] [--from ID] [--yes];  restore --undo STORE;  restore --discard STORE.  Stores: $stores"
}

restore() {
  wanted='' at='' from='' yes='' deed=''
  while [ $# -gt 0 ]; do
    case $1 in
      --all) wanted=$restore_order ;;
      --at) [ $# -gt 1 ] || restore_usage; at=$(moment "$2") || exit 2; shift ;;
      --from) [ $# -gt 1 ] || restore_usage; from=$2; shift ;;
      --yes) yes=yes ;;
      --undo | --discard) deed=$1 ;;
      -*) restore_usage ;;
      *) known_store "$1"; wanted="$wanted $1" ;;
    esac
    shift
  done
  [ -n "$wanted" ] || restore_usage
  case $deed in
    --undo)
      for one in $wanted; do undo "$one"; done
      return
      ;;
    --discard)
      for one in $wanted; do
        swap "$one" discard
        printf '%s\n' "$one: what was there before the restore is removed"
      done
      return
      ;;
  esac
  for one in $wanted; do
    ! is_volume "$one" || at_rest "$one" || exit 1
  done
  # Every backup is tried out before anything is touched.
  for one in $wanted; do
    sidecar "$one" fetch "$from" "$at" || {
      printf '%s\n' "nothing was touched. Another backup: ./ops backups $one, then --from ID"
      exit 1
    }
  done
  if [ -z "$yes" ]; then
    [ -t 0 ] || wrong "nobody is there to be asked: add --yes"
    printf '%s' "This stops ${wanted# } and puts the backup in the place of what is there (which is kept aside). Go on? Type yes: "
    read -r yes
    [ "$yes" = yes ] || {
      echo 'nothing was touched'
      exit 1
    }
  fi
  failed=0
  for one in $wanted; do
    restore_one "$one" || failed=1
  done
  return "$failed"
}

# A volume of an application: what uses it was stopped before, and is started again by whoever did that.
restore_volume() {
  at_rest "$1" || return 1
  swap "$1" space || return 1
  if ! swap "$1" in "$(date -u +%Y-%m-%dT%H-%M-%SZ)"; then
    printf '%s\n' "$1: not restored; what was there is in its place again"
    return 1
  fi
  sidecar "$1" compare || {
    printf '%s\n' "$1 has not all of the backup. Undo: ./ops restore --undo $1"
    return 1
  }
  sidecar "$1" drop
  printf '%s\n' "$1: restored in $(($(date +%s) - began)) s. Start what uses it, and look. What was there before is in a hidden folder beside it: ./ops restore --undo $1 brings it back, --discard $1 removes it"
}

restore_one() {
  began=$(date +%s)
  if is_volume "$1"; then
    restore_volume "$1"
    return
  fi
  # On a new host there is no container and no volume yet.
  [ -n "$(docker compose ps --all --quiet "$1")" ] || docker compose create --no-build "$1" >/dev/null 2>&1 || {
    printf '%s\n' "$1: cannot be created: docker compose create $1 says why"
    return 1
  }
  swap "$1" space || return 1
  quiet "$1"
  docker compose stop "$1" >/dev/null 2>&1
  if ! swap "$1" in "$(date -u +%Y-%m-%dT%H-%M-%SZ)"; then
    start "$1" || true
    loud
    printf '%s\n' "$1: not restored; what was there is in its place again"
    return 1
  fi
  if ! start "$1"; then
    printf '%s\n' "$1 does not become healthy with the backup; what was there comes back"
    undo "$1"
    loud
    return 1
  fi
  loud
  sidecar "$1" compare || {
    printf '%s\n' "$1 runs, but has not all of the backup. Undo: ./ops restore --undo $1"
    return 1
  }
  sidecar "$1" drop
  printf '%s\n' "$1: restored in $(($(date +%s) - began)) s. What was there before is beside it: ./ops restore --undo $1 brings it back, --discard $1 removes it"
}

undo() {
  if is_volume "$1"; then
    at_rest "$1" && swap "$1" out || return 1
    printf '%s\n' "$1: what was there before is in its place again; start what uses it"
    return
  fi
  docker compose stop "$1" >/dev/null 2>&1
  if swap "$1" out; then
    printf '%s\n' "$1: what was there before is in its place again"
  fi
  start "$1" || {
    printf '%s\n' "$1 does not become healthy: docker compose logs --tail=20 $1"
    return 1
  }
}
