#!/bin/sh
# How Alertmanager's silences and notification log are saved, tried out and compared. Sourced by run.sh.
# shellcheck disable=SC2034 # what is set here is used by run.sh
STORE_ITEMS=silences
STORE_COPIES=2
STORE_ENDS=yes # a silence that has ended is forgotten after some days, and often there is none

# Every silence that an Alertmanager has, a line each, sorted, without its state, which only says what time it is.
silences() {
  wget -q -T 30 -O - "$1/api/v2/silences" >"$WORK/tmp/silences" || return 1
  sed 's/^\[//; s/\]$//; s/},{"id":/}\
{"id":/g; s/"status":{[^}]*},//g' "$WORK/tmp/silences" | sed '/^ *$/d' | sort
}

# Lines of $1 that are not in $2.
lacking() {
  awk 'NR == FNR { have[$0]; next } !($0 in have)' "$2" "$1"
}

# Alertmanager writes its state once a minute, as a whole. What it showed before that and shows after is in the files.
store_save() {
  if ! silences http://alertmanager-api:9093 >"$WORK/tmp/before"; then
    problem='Alertmanager does not answer'
    return 1
  fi
  at=$(now)
  for file in silences nflog; do
    waited=0
    until [ "$(stat -c %Y "/live/$file" 2>/dev/null || echo 0)" -gt "$at" ]; do
      if [ "$waited" -ge 150 ]; then
        problem="Alertmanager has not written $file for $waited s, and should once a minute"
        return 1
      fi
      sleep 1
      waited=$((waited + 1))
    done
    cp "/live/$file" "$STAGE/$file" || return 1
  done
  if ! silences http://alertmanager-api:9093 >"$WORK/tmp/after"; then
    problem='Alertmanager does not answer'
    return 1
  fi
  awk 'NR == FNR { have[$0]; next } $0 in have' "$WORK/tmp/after" "$WORK/tmp/before" >"$META/silences"
  ITEMS=$(wc -l <"$META/silences")
  SOURCES=$STAGE=.
}

store_clean() { :; }

# Start an Alertmanager on what was restored, and compare its silences.
store_use() {
  rm -rf "$1/use"
  cp -R "$1/data" "$1/use" || return 1
  printf 'route: {receiver: nobody}\nreceivers: [{name: nobody}]\n' >"$1/alertmanager.yml"
  alertmanager --config.file="$1/alertmanager.yml" --storage.path="$1/use" --data.retention=87600h \
    --web.listen-address=127.0.0.1:9099 --cluster.listen-address= >"$1/log" 2>&1 &
  used=$!
  until wget -q -T 5 -O /dev/null http://127.0.0.1:9099/-/ready 2>/dev/null; do
    kill -0 "$used" 2>/dev/null || {
      used=
      problem="Alertmanager does not start on what was restored: $(tail -n 1 "$1/log")"
      return 1
    }
    sleep 1
  done
  silences http://127.0.0.1:9099 >"$1/found"
  kill "$used"
  wait "$used"
  used=
  rm -rf "$1/use"
  ITEMS=$(wc -l <"$1/found")
  lost=$(lacking "$1/meta/silences" "$1/found" | wc -l)
  if [ "$lost" -gt 0 ]; then
    problem="$lost of $(wc -l <"$1/meta/silences") silences are not there any more"
    return 1
  fi
}

store_compare() {
  if ! silences http://alertmanager-api:9093 >"$1/found"; then
    problem='Alertmanager does not answer'
    return 1
  fi
  lost=$(lacking "$1/meta/silences" "$1/found" | wc -l)
  say "alertmanager has $(wc -l <"$1/found") silences, the backup $(wc -l <"$1/meta/silences")"
  if [ "$lost" -gt 0 ]; then
    problem="$lost silences of the backup are not there"
    return 1
  fi
}
