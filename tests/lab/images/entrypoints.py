"""Start scripts that do what those of the official images do, as far as a user of the image can tell."""

from __future__ import annotations

REDIS = """#!/bin/bash
# As the official image's: options or a *.conf alone mean redis-server; root hands the data over and steps down to the
# user redis, if it still has the capabilities to; a started server keeps its files to itself.
set -e
if [ "${1#-}" != "$1" ] || [ "${1%.conf}" != "$1" ]; then
    set -- redis-server "$@"
fi
can() { setpriv -d | grep -q "Capability bounding set:.*\\b$1\\b"; }
if [ "$1" = redis-server ] && [ -z "$SKIP_DROP_PRIVS" ] && [ "$(id -u)" = 0 ] && can setuid && can setgid; then
    [ -n "$SKIP_FIX_PERMS" ] || find . \\! -user redis -exec chown redis '{}' +
    exec setpriv --reuid redis --regid redis --clear-groups --nnp --inh-caps=-all --bounding-set=-all "$0" "$@"
fi
[ "$(umask)" != 0022 ] || umask 0077
exec "$@"
"""

VALKEY = """#!/bin/sh
# As the official image's: see the one of redis; this one does not ask which capabilities it has.
set -e
if [ "${1#-}" != "$1" ] || [ "${1%.conf}" != "$1" ]; then
    set -- valkey-server "$@"
fi
if [ "$1" = valkey-server ]; then
    if [ "$(id -u)" = 0 ]; then
        find . \\! -user valkey -exec chown valkey '{}' +
        exec setpriv --reuid=valkey --regid=valkey --clear-groups -- "$0" "$@"
    elif [ ! -w . ]; then
        echo >&2 "error: directory is not writable by current user ($(id -u))"
        exit 1
    fi
fi
[ "$(umask)" != 0022 ] || umask 0077
exec "$@" $VALKEY_EXTRA_FLAGS
"""
