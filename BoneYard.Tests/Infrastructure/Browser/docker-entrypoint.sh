#!/bin/sh
# usage: docker-entrypoint.sh [options of Chromium]
#
# Chromium without a window, driven from outside through port 9222.
set -eu

# Chromium lets itself be driven from its own loopback only; this leads there from the container's address.
socat TCP-LISTEN:9222,fork,reuseaddr TCP:127.0.0.1:9223 &

# --no-sandbox: Chromium's own sandbox needs rights that the container does not have; the container takes its place.
# --disable-dev-shm-usage: a container's /dev/shm is smaller than a large page.
exec chromium-headless-shell --no-sandbox --disable-dev-shm-usage --disable-gpu --hide-scrollbars --remote-debugging-port=9223 "$@"
