#!/bin/sh
# Writes the parts of Nginx's configuration that depend on the environment to /tmp/nginx: /tmp stays writable where the root
# file system is read-only.
set -eu

rm -rf /tmp/nginx
mkdir -p /tmp/nginx/cache

# The container runtime's name server.
NAME_SERVER=$(awk '$1 == "nameserver" { print ($2 ~ /:/ ? "[" $2 "]" : $2); exit }' /etc/resolv.conf)
# Without SITE_HOSTS: any host, and requests without one.
SERVER_NAMES=${SITE_HOSTS:-'"" ~.'}
export NAME_SERVER="${NAME_SERVER:-127.0.0.11}" SERVER_NAMES

for template in /etc/nginx/site/templates/*.template; do
    name=${template##*/}
    # shellcheck disable=SC2016  # these variables only: the others are Nginx's own
    envsubst '$SCHEME $BLOG_URL $CACHE $HTTPS_PORT $HTTP3_PORT $HSTS $NAME_SERVER $SERVER_NAMES' <"$template" >"/tmp/nginx/${name%.template}"
done
