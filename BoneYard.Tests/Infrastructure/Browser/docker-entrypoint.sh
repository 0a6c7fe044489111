#!/bin/sh
# usage: docker-entrypoint.sh [CHROMIUM-OPTION]...
#
# Starts headless Chromium with its debugging port on 9222.
set -eu

# Chromium opens its debugging port on the loopback address only.
socat TCP-LISTEN:9222,fork,reuseaddr TCP:127.0.0.1:9223 &

# --no-sandbox: the container has no rights to create Chromium's sandbox, and isolates it instead.
# --disable-dev-shm-usage: /dev/shm of a container is too small for large pages.
exec chromium-headless-shell --no-sandbox --disable-dev-shm-usage --disable-gpu --hide-scrollbars --remote-debugging-port=9223 "$@"
