#!/bin/sh
# Exchanges what is in a store's volume (/live) for what was restored and tried out (/trial/scratch/restore), or back.
# `ops restore` runs it while the store is stopped, as the store's user, without network. It needs no second volume: what
# was there is renamed into a folder beside.
#   in NAME      put aside what is there as .before-restore-NAME, put in what was restored, compare the checksums
#   replica NAME the same with what is in /replica, the volume of a replica that is stopped (`ops failover`)
#   out          the newest .before-restore-* comes back
#   discard      remove every .before-restore-*
#   space        whether what was restored fits
set -eu
restored=/trial/scratch/restore

newest() {
  find /live -mindepth 1 -maxdepth 1 -name '.before-restore-*' | sort | tail -n 1
}

# A mark says that all of the old is aside. Without it, what lies outside is old too, and stays.
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
    # only root could have changed them, with what belongs to an application
    [ -z "$owner" ] || { chown "$owner" /live && chmod "$mode" /live; } 2>/dev/null || true
    rm "$kept/.complete"
  fi
  find "$kept" -mindepth 1 -maxdepth 1 -exec mv {} /live/ \;
  rmdir "$kept"
  sync
}

case $1 in
  space)
    need=$(du -sk "$restored/data" | awk '{ print $1 }')
    df -Pk /live | awk -v need="$need" 'NR == 2 { exit !($4 > need + $2 / 20) }' || {
      echo "too little space beside what is there: $need KiB are needed"
      exit 1
    }
    ;;
  in)
    kept=/live/.before-restore-$2
    mkdir -m 0700 "$kept"
    find /live -mindepth 1 -maxdepth 1 ! -name '.before-restore-*' -exec mv {} "$kept/" \;
    stat -c '%u:%g %a' /live >"$kept/.complete"
    if ! cp -R -p "$restored/data/." /live/ || ! (cd /live && sha256sum -c "$restored/meta/sha256" >/dev/null 2>&1); then
      echo 'what was restored could not be put in whole; what was there comes back'
      out
      exit 1
    fi
    sync
    ;;
  replica)
    incoming=/live/.incoming
    rm -rf "$incoming"
    need=$(du -sk /replica | awk '{ print $1 }')
    df -Pk /live | awk -v need="$need" 'NR == 2 { exit !($4 > need + $2 / 20) }' || {
      echo "too little space beside what is there: $need KiB are needed"
      exit 1
    }
    mkdir "$incoming"
    for one in appendonlydir dump.rdb; do
      [ ! -e "/replica/$one" ] || cp -R -p "/replica/$one" "$incoming/"
    done
    (cd /replica && find appendonlydir -type f -exec sha256sum {} +) | (cd "$incoming" && sha256sum -c >/dev/null 2>&1) || {
      echo 'the copy of the replica could not be put in whole; nothing was changed'
      rm -rf "$incoming"
      exit 1
    }
    # From here on nothing is copied any more, only renamed. What is there is aside already where an earlier one was cut short.
    if [ -n "$(find /live -mindepth 1 -maxdepth 1 ! -name '.before-restore-*' ! -name .incoming)" ]; then
      kept=/live/.before-restore-$2
      mkdir -m 0700 "$kept"
      find /live -mindepth 1 -maxdepth 1 ! -name '.before-restore-*' ! -name .incoming -exec mv {} "$kept/" \;
      stat -c '%u:%g %a' /live >"$kept/.complete"
    fi
    find "$incoming" -mindepth 1 -maxdepth 1 -exec mv {} /live/ \;
    rmdir "$incoming"
    sync
    ;;
  out) out ;;
  discard) find /live -mindepth 1 -maxdepth 1 -name '.before-restore-*' -exec rm -rf {} + ;;
esac
