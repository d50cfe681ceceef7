#!/bin/sh
# Healthy: the loop goes round, and the metrics are there.
[ -n "$(/probe/bin/find /tmp/heartbeat -mmin -1 2>/dev/null)" ] && exec /probe/bin/wget -q -T 3 -O /dev/null http://127.0.0.1:8080/metrics.txt
exit 1
