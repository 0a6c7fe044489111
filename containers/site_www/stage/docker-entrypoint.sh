#!/bin/sh
# usage: docker-entrypoint.sh nginx [options]   (anything else is run as it is)
#
# Writes Nginx's configuration from the environment to /tmp/nginx, then becomes Nginx.
#
# BLOG_URL    where the blog is (http://siteblog:8000); its name is looked up anew while Nginx runs
# SITE_HOSTS  the names that the site answers to, separated by spaces (any)
# CACHE       on or off: keep public pages of the blog, and let browsers keep static files (on)
set -eu

die() {
    printf 'error: %s\n' "$*" >&2
    exit 1
}

blog_url=${BLOG_URL:-http://siteblog:8000}
case $blog_url in
    http://?*) ;;
    *) die "BLOG_URL is '$blog_url'; it has to be an http URL such as http://siteblog:8000" ;;
esac
case $blog_url in
    *[!A-Za-z0-9.:/_-]*) die "BLOG_URL is '$blog_url'; a host, a port and nothing else may follow http://" ;;
esac

case ${CACHE:-on} in
    on | off) cache=${CACHE:-on} ;;
    *) die "CACHE is '$CACHE'; it has to be on or off" ;;
esac

case ${SITE_HOSTS:-} in
    *[!A-Za-z0-9.\ *-]*) die "SITE_HOSTS is '$SITE_HOSTS'; it has to be host names separated by spaces" ;;
esac

# Docker's own name server, on every network but the default one.
resolver=$(awk '$1 == "nameserver" { print ($2 ~ /:/ ? "[" $2 "]" : $2); exit }' /etc/resolv.conf)

rm -rf /tmp/nginx
mkdir -p /tmp/nginx/cache

{
    echo "resolver ${resolver:-127.0.0.11} valid=1s;"
    echo "resolver_timeout 2s;"
} >/tmp/nginx/resolver.conf

{
    echo "set \$blog_url ${blog_url%/};"
} >/tmp/nginx/blog.conf

cp "/etc/nginx/site/cache-$cache.conf" /tmp/nginx/cache.conf
cp "/etc/nginx/site/static-cache-$cache.conf" /tmp/nginx/static-cache.conf

if [ -n "${SITE_HOSTS:-}" ]; then
    cp /etc/nginx/site/unknown-hosts.conf /tmp/nginx/unknown-hosts.conf
    echo "server_name $SITE_HOSTS;" >/tmp/nginx/names.conf
else
    : >/tmp/nginx/unknown-hosts.conf
    echo "server_name _;" >/tmp/nginx/names.conf
fi

if [ "${1:-}" = nginx ]; then
    shift
    set -- nginx -e stderr -c /etc/nginx/site/nginx.conf "$@"
fi
exec "$@"
