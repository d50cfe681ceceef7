#!/bin/sh
# Copies programs of this image, with what they are linked to, to where the backup sidecars find them.
# With words NAME=UID:GID: gives each such folder of a destination on this host to the user that its store runs as.
set -eu
umask 022
mkdir -p /lent/bin /lent/lib

# A new file that takes the old one's place: a program that runs keeps the one it has.
place() {
  cp "$1" "$2.new"
  chmod 0555 "$2.new"
  mv -f "$2.new" "$2"
}

lend() {
  name=${1##*/}
  # the name of the loader is in the program's first part; a letter may stand before it by chance
  loader=$(head -c 8192 "$1" | tr -c 'a-zA-Z0-9/._-' '\n' | grep -m 1 -o '/lib.*/ld-.*' || true)
  if [ -z "$loader" ]; then
    place "$1" "/lent/bin/$name"
    return
  fi
  place "$loader" "/lent/lib/${loader##*/}"
  for library in $("$loader" --list "$1" | sed -n 's/.*=> \(\/[^ ]*\).*/\1/p' | sort -u); do
    place "$library" "/lent/lib/${library##*/}"
  done
  place "$1" "/lent/lib/$name.program"
  # shellcheck disable=SC2016 # $@ is for the script that is written
  printf '#!/probe/bin/sh\nexec /lent/lib/%s --library-path /lent/lib /lent/lib/%s.program "$@"\n' "${loader##*/}" "$name" >"/lent/bin/$name.new"
  chmod 0555 "/lent/bin/$name.new"
  mv -f "/lent/bin/$name.new" "/lent/bin/$name"
}

lend /usr/bin/restic
# for a destination that is reached by SSH
if [ -x /usr/bin/ssh ]; then
  lend /usr/bin/ssh
fi
place /etc/ssl/certs/ca-certificates.crt /lent/certificates.crt

# Every sidecar may take its turn, and clear away that of a dead one.
chmod 0777 /turn

for word in "$@"; do
  mkdir -p "/destination/${word%%=*}"
  chown "${word#*=}" "/destination/${word%%=*}"
done
