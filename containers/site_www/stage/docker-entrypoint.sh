#!/bin/sh
# usage: docker-entrypoint.sh nginx [options]   (any other command is executed unchanged)
#
# Runs the scripts in /docker-entrypoint.d in order, then executes Nginx.
#
# BLOG_URL         URL of the blog (http://siteblog:8000). Nginx resolves the host name again while it runs.
# SITE_HOSTS       Host names and addresses of the site, separated by spaces, IPv6 addresses in brackets (any). The single word
#                  certificate takes the names in the certificate, and localhost.
# CACHE            on or off: cache public pages, and let browsers cache media (on).
# TLS_CERTIFICATE  Path of the certificate chain in PEM (/www/tls/fullchain.pem).
# TLS_KEY          Path of its unencrypted private key in PEM (/www/tls/privkey.pem).
#                  If neither is set and /www/tls is empty, the site is HTTP only. Otherwise HTTP redirects to HTTPS.
#                  When the files change, Nginx serves the new certificate within seconds.
# TLS_HOST         Host name or address that a new certificate must cover (any).
# HTTPS_PORT       TCP port under which visitors reach HTTPS (443).
# HTTP3_PORT       UDP port under which visitors reach HTTP/3, container port 8444/udp (not advertised).
# HSTS             on or off: send Strict-Transport-Security for one year if HTTPS_PORT is 443 (off).
set -eu

# Process 1 ignores signals without a handler. Nginx installs its own.
trap 'exit 0' QUIT TERM

if [ "${1:-}" = nginx ]; then
    # Sourced, because it sets defaults for the others.
    # shellcheck source=docker-entrypoint.d/10-settings.envsh
    . /docker-entrypoint.d/10-settings.envsh
    for script in /docker-entrypoint.d/*.sh; do
        "$script"
    done
    shift
    set -- nginx -e stderr -c /etc/nginx/site/nginx.conf "$@"
fi
exec "$@"
