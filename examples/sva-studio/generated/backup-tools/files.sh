#!/bin/sh
# What is saved of a store, file by file, and whether a restored copy is the same. Sourced after repository.sh; the
# store.sh of volumes of applications has its own ways for those.
# shellcheck disable=SC2034,SC2154 # set and used by run.sh

# What restic shall leave out, a line each, and whether a changed inode makes a file new to it: a copy always has one.
STORE_EXCLUDE=/nothing
STORE_CTIME=--ignore-ctime
# Set where what it holds ends by itself, so that far less of it than before is no sign of a loss.
STORE_ENDS=
# What of the store is copied to the stage at most, before it is saved.
STORE_STAGED=/live

# Bytes that the stage needs. What a restore put aside is not copied.
staged() {
  # shellcheck disable=SC2086 # words
  for part in $STORE_STAGED; do
    [ ! -d "$part" ] || find "$part" -mindepth 1 -maxdepth 1 ! -name '.before-restore-*' -exec du -sk {} +
  done 2>/dev/null | awk '{ sum += $1 } END { printf "%.0f\n", sum * 1024 }'
}

# SHA-256 of every file of a folder, with its name as it will be after a restore.
checksums() {
  (cd "$1" && find . -path ".${STORE_EXCLUDE#"$1"}" -prune -o -type f -exec sha256sum {} +) | sed "s|  \\./|  ./$2/|" | sort -k 2
}

# Note in $META what is about to be saved. Sets $bytes, and $need: how much the repository may grow by.
store_list() {
  bytes=0
  for pair in $SOURCES; do
    checksums "${pair%%=*}" "${pair#*=}" >>"$META/sha256" || {
      problem="${pair%%=*} cannot be read"
      return 1
    }
    bytes=$((bytes + $(size "${pair%%=*}")))
  done
  need=$bytes
  [ -s "$META/sha256" ] || {
    problem='there is nothing to save'
    return 1
  }
}

# Whether a backup that restic calls incomplete ($1: its exit code) is a good one nevertheless.
store_incomplete() {
  false
}

# Restore a snapshot ($1) into $2/data.
store_get() {
  pairs=$(cat "$2/meta/sources")
  for pair in $pairs; do
    vault restore --quiet --no-lock "$1:${pair%%=*}" --target "$2/data/${pair#*=}" >/dev/null 2>"$WORK/tmp/said" || {
      problem="restic: $(said)"
      return 1
    }
  done
}

# Whether $1/data is what $1/meta says.
store_check() {
  (cd "$1/data" && sha256sum -c "$1/meta/sha256") >"$WORK/tmp/sums" 2>&1 || {
    problem="checksums differ from those that were saved: $(grep -v ': OK$' "$WORK/tmp/sums" | head -n 3 | tr '\n' ' ')"
    return 1
  }
  saved=$(wc -l <"$1/meta/sha256")
  restored=$(find "$1/data" -type f | wc -l)
  [ "$saved" -eq "$restored" ] || {
    problem="$restored files were restored, $saved were saved"
    return 1
  }
}
