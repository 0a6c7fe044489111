#!/bin/sh
# usage: docker-entrypoint.sh nginx [options]   (anything else is run as it is)
#
# Writes Nginx's configuration from the environment to /tmp/nginx, then becomes Nginx.
#
# BLOG_URL    where the blog is (http://siteblog:8000); its name is looked up anew while Nginx runs
# SITE_HOSTS  the names that the site answers to, and addresses, an IPv6 one in brackets, separated by spaces (any)
# CACHE       on or off: keep public pages of the blog, and let browsers keep pictures (on)
#
# With fullchain.pem and privkey.pem in /www/tls the site is served over HTTPS, and HTTP only shows the way there. When the
# two are replaced, the new ones are served from the next connection on, and nobody is cut off:
#
# - As a rule Nginx reads the certificate at each handshake, so it need not even reload.
# - One that names a responder is stapled, which Nginx can only do with a certificate that it read with its configuration. Then
#   it reloads. A connection of HTTP/3 would not survive that: the workers that end and those that begin read from the same
#   sockets. So browsers are not told of HTTP/3 then.
#
# HTTPS_PORT  the port at which visitors find HTTPS (443)
# HSTS        on or off: tell browsers to use nothing but HTTPS for a year (off). At a port other than 443 they are not told:
#             they would keep the port of plain HTTP and ask that for HTTPS (RFC 6797, 8.3)
# HTTP3_PORT  the UDP port at which visitors find HTTP/3, which Nginx speaks on 8444/udp (none: browsers are not told of it)
set -eu

readonly config=/etc/nginx/site
readonly written=/tmp/nginx
readonly certificate=/www/tls/fullchain.pem
readonly key=/www/tls/privkey.pem
# In memory, so that the key is on no disk but its own.
readonly kept=/dev/shm/tls
readonly served=$kept/served

die() {
    printf 'error: %s\n' "$*" >&2
    exit 1
}

# on_or_off NAME VALUE
on_or_off() {
    case $2 in
        on | off) ;;
        *) die "$1 is '$2'; it has to be on or off" ;;
    esac
}

# port NAME VALUE
port() {
    case $2 in
        *[!0-9]* | ??????*) ;;
        *) if [ "$2" -ge 1 ] && [ "$2" -le 65535 ]; then return; fi ;;
    esac
    die "$1 is '$2'; it has to be a port, 1 to 65535"
}

check_environment() {
    blog_url=${BLOG_URL:-http://siteblog:8000}
    case $blog_url in
        http://?*) ;;
        *) die "BLOG_URL is '$blog_url'; it has to be an http URL such as http://siteblog:8000" ;;
    esac
    case $blog_url in
        *[!A-Za-z0-9.:/_-]*) die "BLOG_URL is '$blog_url'; a host, a port and nothing else may follow http://" ;;
    esac

    case ${SITE_HOSTS:-} in
        *[!][A-Za-z0-9.\ *:_-]*) die "SITE_HOSTS is '$SITE_HOSTS'; it has to be names of hosts, and addresses, separated by spaces" ;;
    esac

    cache=${CACHE:-on} hsts=${HSTS:-off}
    on_or_off CACHE "$cache"
    on_or_off HSTS "$hsts"

    https_port=${HTTPS_PORT:-443} http3_port=${HTTP3_PORT:-}
    port HTTPS_PORT "$https_port"
    if [ -n "$http3_port" ]; then port HTTP3_PORT "$http3_port"; fi
}

# Whether there is a certificate. Half of one, or one that cannot be read, is a mistake and not a site without HTTPS.
has_certificate() {
    folder=${certificate%/*} who="user $(id -u)"
    [ -d "$folder" ] || return 1
    [ -x "$folder" ] || die "$folder cannot be entered by $who, as whom Nginx runs: chmod 755 the folder that is mounted there (a folder above it on the host may stay closed)"
    if [ ! -e "$certificate" ] && [ ! -L "$certificate" ] && [ ! -e "$key" ] && [ ! -L "$key" ]; then
        return 1
    fi
    for file in "$certificate" "$key"; do
        if [ -L "$file" ] && [ ! -e "$file" ]; then
            die "$file is a link to $(readlink "$file"), which is not in the container or closed to $who: mount what it leads to as well, or a folder with copies"
        fi
        [ -e "$file" ] || die "$file is missing, but the other one is there: mount a folder with both, fullchain.pem and privkey.pem"
        [ -r "$file" ] || die "$file cannot be read by $who, as whom Nginx runs: on the host give the file to that user (chown $(id -u)), or let others read it (chmod 644) in a folder that is closed to them"
    done
}

# write_certificate FOLDER
write_certificate() {
    printf 'ssl_certificate %s/fullchain.pem;\nssl_certificate_key %s/privkey.pem;\n' "$1" "$1" >"$written/certificate.conf"
}

# write_headers ALT-SVC: what is sent with every answer over HTTPS.
write_headers() {
    # shellcheck disable=SC2016  # a variable of Nginx
    if [ "$hsts" = on ] && [ "$https_port" = 443 ]; then echo 'add_header Strict-Transport-Security $strict_transport_security always;'; fi
    if [ -n "$1" ]; then echo "add_header Alt-Svc '$1' always;"; fi
} >"$written/secure-headers.conf"

# Takes the present certificate and its key over into memory, as a pair, if Nginx can use them: what is half-written or wrong
# is never served. Needs the rest of the configuration; what is wrong is on standard error.
take_certificate() {
    taken=$(mktemp -d "$kept/XXXXXX")
    write_certificate "$taken"
    if ! cp "$certificate" "$key" "$taken" || ! nginx -t -q -e stderr -c "$config/nginx.conf"; then
        rm -rf "$taken"
        return 1
    fi

    before=$(readlink "$served") || before=
    ln -s "$taken" "$served.new"
    mv -T "$served.new" "$served"
    if [ -n "$before" ]; then rm -rf "$before"; fi
}

# Whether the certificate that is served names a responder. Asking Nginx to staple what there is not would only earn a warning.
staples() {
    openssl x509 -in "$served/fullchain.pem" -noout -ocsp_uri 2>/dev/null | grep -q .
}

# How the certificate is served that was taken.
write_way_of_serving() {
    if staples; then
        write_certificate "$served"
        echo 'ssl_stapling on;' >>"$written/certificate.conf"
        write_headers ''
    else
        # shellcheck disable=SC2016  # a variable of Nginx
        write_certificate "$served"'$at_each_handshake'
        write_headers "${http3_port:+h3=\":$http3_port\"; ma=86400}"
    fi
}

write_configuration() {
    rm -rf "$written"
    mkdir -p "$written/cache"

    # Docker's own name server, on every network but the default one.
    resolver=$(awk '$1 == "nameserver" { print ($2 ~ /:/ ? "[" $2 "]" : $2); exit }' /etc/resolv.conf)
    printf 'resolver %s valid=1s;\nresolver_timeout 2s;\n' "${resolver:-127.0.0.11}" >"$written/resolver.conf"

    printf "set \$blog_url %s;\n" "${blog_url%/}" >"$written/blog.conf"
    cp "$config/cache-$cache.conf" "$written/cache.conf"
    cp "$config/media-cache-$cache.conf" "$written/media-cache.conf"

    scheme=http
    : >"$written/secure-headers.conf"
    if has_certificate; then
        scheme=https
    fi
    cp "$config/$scheme/site.conf" "$written/site.conf"

    # The scheme's own port is no part of a URL.
    port_suffix=
    if [ "$https_port" != 443 ]; then port_suffix=:$https_port; fi
    printf "map '' \$https_port { default '%s'; }\n" "$port_suffix" >"$written/https-port.conf"

    if [ -n "${SITE_HOSTS:-}" ]; then
        cp "$config/$scheme/unknown-hosts.conf" "$written/unknown-hosts.conf"
        echo "server_name $SITE_HOSTS;" >"$written/names.conf"
    else
        : >"$written/unknown-hosts.conf"
        echo 'server_name _;' >"$written/names.conf"
    fi
}

# Changes whenever either file is replaced, or a link to it is set anew.
fingerprint() {
    stat -L -c '%n %i %s %y' "$certificate" "$key" 2>&1 || true
}

# watch_certificate PID KNOWN: takes over a certificate that is no longer the known one, and has Nginx, that process, reload if
# it has to. Polled, for no notice comes through a link that is set anew elsewhere, nor through every kind of mount.
watch_certificate() {
    known=$2
    while sleep 1; do
        seen=$(fingerprint)
        if [ "$seen" = "$known" ]; then continue; fi
        # Two files are not replaced at the same instant.
        sleep 0.2
        if [ "$(fingerprint)" != "$seen" ]; then continue; fi
        known=$seen
        if staples; then reload=yes; else reload=no; fi
        if reason=$(take_certificate 2>&1); then
            write_way_of_serving
            if staples; then reload=yes; fi
            if [ "$reload" = yes ]; then kill -HUP "$1"; fi
            echo "the certificate in ${certificate%/*} was replaced: the new one is served" >&2
        else
            write_way_of_serving
            printf 'error: the new certificate in %s cannot be used, the old one stays: %s\n' "${certificate%/*}" "$reason" >&2
        fi
    done
}

check_environment
write_configuration

if [ "${1:-}" = nginx ]; then
    shift
    set -- nginx -e stderr -c "$config/nginx.conf" "$@"
    if [ "$scheme" = https ]; then
        rm -rf "$kept"
        mkdir "$kept"
        known=$(fingerprint)
        take_certificate || die "the certificate in ${certificate%/*} cannot be used"
        write_way_of_serving
        # Nginx takes this process's place, so its number is known already.
        watch_certificate $$ "$known" &
    fi
fi
exec "$@"
