#!/bin/sh
# Health check of nats-server. One that could not write once, since its disk was full, stores nothing more until it is started again. What is
# unhealthy for two minutes is ended here, which `restart` of the compose file makes a new start.
failures=/tmp/nats-unhealthy
if wget -q -O /dev/null http://127.0.0.1:8222/healthz; then
  rm -f "$failures"
  exit 0
fi
echo >> "$failures"
if [ "$(wc -l < "$failures")" -ge 24 ]; then
  rm -f "$failures"
  kill -TERM 1
fi
exit 1
