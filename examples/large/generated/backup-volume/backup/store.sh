#!/bin/sh
# How a volume of an application is saved, tried out and compared. Sourced by run.sh.
#
# The application goes on writing meanwhile: no copy is made and nobody is stopped, so each file is saved as it is found.
# What was listed before is compared with what restic saved by size and time of change: a file that was written in
# between is counted and not compared, all others have to be the same, byte by byte, with owner and mode.
# That is right for files that are written once (uploads, dumps). It is not for the files of a running database.
# shellcheck disable=SC2034,SC2154 # set and used by run.sh
STORE_ITEMS=files
STORE_COPIES=1
STORE_CTIME=
STORE_STAGED=
newline='
'

# What is left out: as restic reads it, and as arguments of find.
STORE_EXCLUDE='/live/.before-restore-*'
IFS=$newline
for path in ${BACKUP_EXCLUDE:-}; do
  STORE_EXCLUDE=$STORE_EXCLUDE$newline/live/$path
done
unset IFS

# Everything below a folder ($1), a line each: type and mode, size, time of change, owner, group, path. A name with a
# line break in it is saved and restored, but it cannot be compared.
walk() {
  (
    cd "$1" 2>/dev/null || exit 1
    set -- -path './.before-restore-*'
    IFS=$newline
    for path in ${BACKUP_EXCLUDE:-}; do set -- "$@" -o -path "./$path"; done
    find . \( "$@" -o -path "*$newline*" \) -prune -o \( -type f -o -type d -o -type l \) -exec stat -c '%f %s %Y %u %g %n' {} + 2>/dev/null
    true
  ) | sort -k 6
}

# SHA-256 of the files in a list ($2) of walk, below a folder ($1). One that has gone since is not in it.
sums() {
  sed -n 's/^8[^ ]* [^ ]* [^ ]* [^ ]* [^ ]* //p' "$2" | (cd "$1" && tr '\n' '\0' | xargs -0 -r sha256sum 2>/dev/null)
  true
}

store_save() {
  SOURCES=/live=.
}

store_list() {
  listed=$(now)
  walk /live >"$META/files"
  grep -q ' \.$' "$META/files" || {
    problem='the volume cannot be read'
    return 1
  }
  sums /live "$META/files" >"$META/sha256"
  ITEMS=$(grep -c '^8' "$META/files" || true)
  bytes=$(awk '/^8/ { sum += $2 } END { printf "%.0f\n", sum }' "$META/files")
  need=$(awk -v since="$(get last_success 0)" '/^8/ && $3 >= since { sum += $2 } END { printf "%.0f\n", sum }' "$META/files")
  printf 'listed %s\n' "$listed" >"$META/facts"
}

store_clean() { :; }

# restic says 3 where it could not read something that it had seen. What is gone by then was nobody's to save.
store_incomplete() {
  [ "$1" -eq 3 ] || return 1
  grep '"message_type":"error"' "$WORK/tmp/said" >"$WORK/tmp/unread" || return 1
  grep -v 'no such file or directory' "$WORK/tmp/unread" >"$WORK/tmp/said" || return 0
  return 1
}

# With the folder itself: its owner and mode are what lets the application write into it.
store_get() {
  rmdir "$2/data"
  vault restore --quiet --no-lock "$1" --include /live --exclude-xattr 'security.*' --target "$2/tree" >/dev/null 2>"$WORK/tmp/said" || {
    problem="restic: $(said)"
    return 1
  }
  mv "$2/tree/live" "$2/data" && rmdir "$2/tree"
}

# $2 and $3 (lists of walk and sums) against what was saved. Says `files N, bytes N, changed N`, or what is wrong.
held_against() {
  awk -v listed="$(fact "$1/meta/facts" listed)" -f /backup-store/compare.awk \
    what=saved "$1/meta/files" what=saved_sum "$1/meta/sha256" what=found "$2" what=found_sum "$3"
}

store_check() {
  walk "$1/data" >"$1/files"
  sums "$1/data" "$1/files" >"$1/sha256"
  held_against "$1" "$1/files" "$1/sha256" >"$WORK/tmp/held" || {
    problem="what was restored is not what was saved: $(head -n 3 "$WORK/tmp/held" | tr '\n' ' ')"
    return 1
  }
  ITEMS=$(fact "$WORK/tmp/held" files)
  changed=$(fact "$WORK/tmp/held" changed)
  [ "$changed" -eq 0 ] || say "$changed of the files in $BACKUP_STORE were written while they were saved, and could not be compared"
  # From here on it is compared with itself: the copy in the volume has to be what was tried out.
  mv "$1/files" "$1/meta/files"
  mv "$1/sha256" "$1/meta/sha256"
}

store_use() {
  ITEMS=$(grep -c '^8' "$1/meta/files" || true)
}

# Whether the volume has what was put in. Nobody has written into it since: whoever uses it is stopped.
store_compare() {
  walk /live >"$WORK/tmp/files"
  sums /live "$WORK/tmp/files" >"$WORK/tmp/sha256"
  if ! cmp -s "$1/meta/sha256" "$WORK/tmp/sha256" || ! held_against "$1" "$WORK/tmp/files" "$WORK/tmp/sha256" >"$WORK/tmp/held"; then
    problem="the volume $BACKUP_STORE has not what was restored: $(head -n 3 "$WORK/tmp/held" 2>/dev/null | tr '\n' ' ')"
    return 1
  fi
  say "$BACKUP_STORE has $(fact "$WORK/tmp/held" files) files as in the backup"
}
