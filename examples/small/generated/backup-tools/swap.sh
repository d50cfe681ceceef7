#!/bin/sh
# Exchanges what is in a store's volume (/live) for what was restored and tried out (/trial/scratch/restore), or back.
# `ops restore` runs it while the store is stopped, as the store's user, without network. It needs no second volume: what
# was there is renamed into a folder beside.
#   in NAME      put what was restored in the place of what is there, which is put aside as .before-restore-NAME
#   replica NAME the same with what is in /replica, the volume of a replica that is stopped (`ops failover`)
#   out          the newest .before-restore-* comes back
#   newest       its NAME, if there is one
#   holds NAME   whether there is one of this name
#   discard      remove every .before-restore-*
#   space        whether what was restored fits
#
# It may be killed at any moment, and nothing is lost by that. What is to come in is copied into
# .before-restore-NAME.incoming first, and only renamed once it is whole. The mark .complete says that all of the old is
# aside: without it, what lies outside is old too, and stays; with it, what lies outside is new.
set -eu
restored=/trial/scratch/restore

newest() {
  find /live -mindepth 1 -maxdepth 1 -name '.before-restore-*' ! -name '*.incoming' | sort | tail -n 1
}

# Whether the newest was killed half way in, or out.
unfinished() {
  kept=$(newest)
  [ -n "$kept" ] && { [ ! -e "$kept/.complete" ] || [ -e "$kept.incoming" ]; }
}

# What was still being copied, or removed, when it was killed.
sweep() {
  for incoming in /live/.before-restore-*.incoming; do
    [ -e "${incoming%.incoming}" ] || rm -rf "$incoming"
  done
}

# What an earlier one left half way is taken back before anything new begins.
settle() {
  ! unfinished || out
  sweep
}

# Whether so many KiB ($1) fit beside what is there.
fits() {
  df -Pk /live | awk -v need="$1" 'NR == 2 { exit !($4 > need + $2 / 20) }' || {
    echo "too little space beside what is there: $1 KiB are needed"
    exit 1
  }
}

# The volume's own owner and mode. Only root could have changed them, with what belongs to an application.
belongs() {
  { chown "$1" /live && chmod "$2" /live; } 2>/dev/null || true
}

out() {
  kept=$(newest)
  if [ -z "$kept" ]; then
    echo 'nothing was put aside here'
    exit 1
  fi
  if [ -e "$kept/.complete" ]; then
    find /live -mindepth 1 -maxdepth 1 ! -name '.before-restore-*' -exec rm -rf {} +
    # an older version wrote nothing into it
    read -r owner mode <"$kept/.complete" || owner=
    [ -z "$owner" ] || belongs "$owner" "$mode"
    rm "$kept/.complete"
  fi
  find "$kept" -mindepth 1 -maxdepth 1 -exec mv {} /live/ \;
  rmdir "$kept"
  rm -rf "$kept.incoming"
  sync
}

copy_restored() {
  cp -R -p "$restored/data/." "$1/" && (cd "$1" && sha256sum -c "$restored/meta/sha256" >/dev/null 2>&1)
}

copy_replica() {
  for one in appendonlydir dump.rdb; do
    [ ! -e "/replica/$one" ] || cp -R -p "/replica/$one" "$1/" || return 1
  done
  (cd /replica && find appendonlydir -type f -exec sha256sum {} +) | (cd "$1" && sha256sum -c >/dev/null 2>&1)
}

# The copy that $1 makes takes the place of what is there, which is put aside as $2.
come_in() {
  kept=/live/.before-restore-$2
  incoming=$kept.incoming
  mkdir -m "$(stat -c %a /live)" "$incoming"
  "$1" "$incoming" || {
    echo 'the copy could not be put in whole; nothing was changed'
    rm -rf "$incoming"
    exit 1
  }
  mkdir -m 0700 "$kept"
  find /live -mindepth 1 -maxdepth 1 ! -name '.before-restore-*' -exec mv {} "$kept/" \;
  stat -c '%u:%g %a' /live >"$kept/.complete"
  # The copy's own, which are those of the volume that was saved.
  owner=$(stat -c %u:%g "$incoming") mode=$(stat -c %a "$incoming") time=$(stat -c %Y "$incoming")
  find "$incoming" -mindepth 1 -maxdepth 1 -exec mv {} /live/ \;
  belongs "$owner" "$mode"
  rmdir "$incoming"
  touch -d "@$time" /live
  sync
}

case $1 in
  space)
    sweep
    fits "$(du -sk "$restored/data" | awk '{ print $1 }')"
    ;;
  in)
    settle
    come_in copy_restored "$2"
    ;;
  replica)
    settle
    fits "$(du -sk /replica | awk '{ print $1 }')"
    come_in copy_replica "$2"
    # A volume that was lost had nothing that could come back.
    [ -n "$(find "$kept" -mindepth 1 ! -name .complete)" ] || rm -r "$kept"
    ;;
  out) out ;;
  newest) basename "$(newest)" | sed -n 's/^\.before-restore-//p' ;;
  holds) [ -d "/live/.before-restore-$2" ] ;;
  discard)
    # Part of what the store had may be in there alone.
    ! unfinished || {
      echo 'the last restore was cut short; first ./ops restore --undo'
      exit 1
    }
    # Renamed first: what is left of one that is being removed is nothing to bring back.
    find /live -mindepth 1 -maxdepth 1 -name '.before-restore-*' ! -name '*.incoming' -exec mv {} {}.incoming \;
    sweep
    ;;
esac
