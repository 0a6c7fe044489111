#!/bin/sh
# usage: docker-entrypoint.sh nginx [options]   (anything else is run as it is)
#
# Writes Nginx's configuration from the environment to /tmp/nginx, then becomes Nginx.
#
# BLOG_URL    where the blog is (http://siteblog:8000); its name is looked up anew while Nginx runs
# SITE_HOSTS  the names that the site answers to, and addresses, an IPv6 one in brackets, separated by spaces (any); or the one
#             word certificate: the names of the certificate, and localhost
# CACHE       on or off: keep public pages of the blog, and let browsers keep pictures (on)
#
# With fullchain.pem and privkey.pem in /www/tls the site is served over HTTPS, and HTTP only shows the way there. When the
# two are replaced, the new ones are served from the next connection on, and nobody is cut off:
#
# - As a rule Nginx reads the certificate at each handshake, so it need not even reload.
# - One that names a responder is stapled, which Nginx can only do with a certificate that it read with its configuration. Then
#   it reloads. A connection of HTTP/3 would not survive that: the workers that end and those that begin read from the same
#   sockets. So browsers are not told of HTTP/3 then.
# - One with other names has Nginx reload too, if SITE_HOSTS=certificate. That is rare, so HTTP/3 is told of: it loses its
#   connections that once.
#
# TLS_HOST    the name or address that a certificate has to cover which replaces another (any)
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

    case ${TLS_HOST:-} in
        -* | *[!A-Za-z0-9.:_-]*) die "TLS_HOST is '$TLS_HOST'; it has to be the name or the address of a host" ;;
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
    [ -x "$folder" ] || die "$folder cannot be entered by $who, as whom Nginx runs: on the host give the folder that is mounted there to that user's group (chgrp $(id -g), then chmod 750); a folder above it may stay closed"
    if [ ! -e "$certificate" ] && [ ! -L "$certificate" ] && [ ! -e "$key" ] && [ ! -L "$key" ]; then
        return 1
    fi
    for file in "$certificate" "$key"; do
        if [ -L "$file" ] && [ ! -e "$file" ]; then
            die "$file is a link to $(readlink "$file"), which is not in the container or closed to $who: mount what it leads to as well, or a folder with copies"
        fi
        [ -e "$file" ] || die "$file is missing, but the other one is there: mount a folder with both, fullchain.pem and privkey.pem"
        [ -r "$file" ] || die "$file cannot be read by $who, as whom Nginx runs: on the host give it to that user's group (chgrp $(id -g), then chmod 640)"
    done
}

# write FILE: what comes in becomes a file of the configuration, whole, or else the old one stays: there may be no room.
write() {
    cat >"$written/$1.new" && mv "$written/$1.new" "$written/$1"
}

# write_certificate FOLDER [MORE]
write_certificate() {
    printf 'ssl_certificate %s/fullchain.pem;\nssl_certificate_key %s/privkey.pem;\n%s' "$1" "$1" "${2:-}" | write certificate.conf
}

# write_headers ALT-SVC: what is sent with every answer over HTTPS.
write_headers() {
    {
        # shellcheck disable=SC2016  # a variable of Nginx
        if [ "$hsts" = on ] && [ "$https_port" = 443 ]; then echo 'add_header Strict-Transport-Security $strict_transport_security always;'; fi
        if [ -n "$1" ]; then echo "add_header Alt-Svc '$1' always;"; fi
    } | write secure-headers.conf
}

# names_of CERTIFICATE: its names and addresses as Nginx knows hosts, each once, and this machine's own name. An address of
# IPv6 is written as browsers write it. What is no host, or a wildcard that Nginx does not know, is left out.
names_of() {
    openssl x509 -in "$1" -noout -ext subjectAltName | tr ',' '\n' | awk '
        function shortened(address,   parts, count, i, start, best, most, text) {
            count = split(address, parts, ":")
            for (i = 1; i <= count; i++) {
                if (parts[i] != "0") { start = 0; continue }
                if (!start) start = i
                if (i - start + 1 > most) { most = i - start + 1; best = start }
            }
            if (most < 2) return address
            for (i = 1; i < best; i++) text = text (i > 1 ? ":" : "") parts[i]
            text = text "::"
            for (i = best + most; i <= count; i++) text = text (i > best + most ? ":" : "") parts[i]
            return text
        }
        BEGIN { names = "localhost"; seen["localhost"] }
        {
            name = tolower($0)
            if (sub(/^ *dns:/, "", name)) { sub(/[.]$/, "", name); if (name !~ /^([*][.])?[a-z0-9_-]+([.][a-z0-9_-]+)*$/) next }
            else if (!sub(/^ *ip address:/, "", name)) next
            else if (name ~ /^[0-9a-f]+(:[0-9a-f]+)+$/) name = "[" shortened(name) "]"
            else if (name !~ /^[0-9]+([.][0-9]+)+$/) next
            if (!(name in seen)) { seen[name]; names = names " " name }
        }
        END { print names }'
}

# write_names [CERTIFICATE]: the names that are answered to, where they are those of the certificate.
write_names() {
    if [ "${SITE_HOSTS:-}" != certificate ]; then return; fi
    echo "server_name $(names_of "$1");" | write names.conf
}

# has_expired CERTIFICATE; one that is none has not: Nginx says what is wrong with it.
has_expired() {
    [ "$(openssl x509 -in "$1" -noout -checkend 0 2>/dev/null)" = 'Certificate will expire' ]
}

# begin_of CERTIFICATE: the first instant at which it is valid.
begin_of() {
    openssl x509 -in "$1" -noout -startdate -dateopt iso_8601 2>/dev/null | cut -d = -f 2
}

# is_early CERTIFICATE
is_early() {
    expr "$(begin_of "$1")" \> "$(date -u '+%Y-%m-%d %H:%M:%SZ')" >/dev/null
}

# covers CERTIFICATE NAME
covers() {
    case $2 in
        *:*) check=-checkip ;;
        *[!0-9.]*) check=-checkhost ;;
        *) check=-checkip ;;
    esac
    openssl x509 -in "$1" -noout "$check" "$2" 2>/dev/null | grep -q 'does match'
}

# count CERTIFICATES
count() {
    grep -c -e '-----BEGIN CERTIFICATE-----' "$1"
}

# objection FOLDER: what visitors would have against the pair in it, in place of the one that is served; nothing if they would
# take it. Whether they trust the last issuer is their business.
objection() {
    if has_expired "$1/fullchain.pem"; then
        echo "it has expired ($(openssl x509 -in "$1/fullchain.pem" -noout -enddate)): have it renewed, and put the renewed one there"
    elif [ -n "${TLS_HOST:-}" ] && ! covers "$1/fullchain.pem" "$TLS_HOST"; then
        echo "it does not cover $TLS_HOST: have it issued for that name"
    elif [ "$(count "$1/fullchain.pem")" = 1 ] && [ "$(count "$served/fullchain.pem")" -gt 1 ] && ! signed_itself "$1/fullchain.pem"; then
        echo "its issuers are missing, which the one before had: append them in fullchain.pem"
    else
        awk '/-----BEGIN/ { last = "" } { last = last $0 "\n" } END { printf "%s", last }' "$1/fullchain.pem" >"$1/last.pem"
        openssl verify -purpose sslserver -partial_chain -trusted "$1/last.pem" -untrusted "$1/fullchain.pem" "$1/fullchain.pem" 2>&1 |
            sed -n 's/^error [0-9]* at \([0-9]*\) depth lookup: \(.*\)/its chain is of no use: \2 (certificate \1, from 0)/p'
    fi
}

# signed_itself CERTIFICATE
signed_itself() {
    [ "$(openssl x509 -in "$1" -noout -issuer_hash)" = "$(openssl x509 -in "$1" -noout -subject_hash)" ]
}

# Takes the present certificate and its key over into memory, as a pair, if they can be used: what is half-written or wrong is
# never served. Needs the rest of the configuration; what is wrong is on standard error. 3: they are of no use. Anything else
# but 0: something else went wrong, which may pass.
take_certificate() {
    taken=$(mktemp -d "$kept/XXXXXX") || return
    # See tls.conf.
    mkdir "$taken/empty" || return
    cp "$certificate" "$key" "$taken" || return
    write_certificate "$taken" || return
    write_names "$taken/fullchain.pem" || return
    nginx -t -q -e stderr -c "$config/nginx.conf" || return 3
    # The first one is taken all the same: visitors then learn what is wrong.
    if [ -e "$served" ]; then
        if is_early "$taken/fullchain.pem"; then
            echo "it is not valid before $(begin_of "$taken/fullchain.pem"): until then the old one is served" >&2
            return 1
        fi
        wrong=$(objection "$taken")
        if [ -n "$wrong" ]; then
            echo "$wrong" >&2
            return 3
        fi
    fi

    ln -sfn "$taken" "$served.new" || return
    mv -T "$served.new" "$served"
}

# No key stays in memory but the one that is served.
forget_others() {
    find "$kept" -mindepth 1 -maxdepth 1 -type d ! -path "$(readlink "$served")" -exec rm -rf {} +
}

# Whether the certificate that is served names a responder. Asking Nginx to staple what there is not would only earn a warning.
staples() {
    openssl x509 -in "$served/fullchain.pem" -noout -ocsp_uri 2>/dev/null | grep -q .
}

# How the certificate is served that was taken.
write_way_of_serving() {
    write_names "$served/fullchain.pem" || return
    if staples; then
        write_certificate "$served" 'ssl_stapling on;' || return
        write_headers ''
    else
        # shellcheck disable=SC2016  # a variable of Nginx
        write_certificate '$served_pair' || return
        write_headers "${http3_port:+h3=\":$http3_port\"; ma=86400}"
    fi
}

# What Nginx has to read anew when it changes.
way_of_serving() {
    cat "$written/certificate.conf" "$written/secure-headers.conf" "$written/names.conf"
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
    elif [ "${SITE_HOSTS:-}" = certificate ]; then
        die "SITE_HOSTS is 'certificate', but there is none in ${certificate%/*}: mount a folder with fullchain.pem and privkey.pem there, or say the names"
    fi
    cp "$config/$scheme/site.conf" "$written/site.conf"

    # The scheme's own port is no part of a URL.
    port_suffix=
    if [ "$https_port" != 443 ]; then port_suffix=:$https_port; fi
    printf "map '' \$https_port { default '%s'; }\n" "$port_suffix" >"$written/https-port.conf"

    names=${SITE_HOSTS:-_}
    : >"$written/unknown-hosts.conf"
    if [ "$names" != _ ]; then cp "$config/$scheme/unknown-hosts.conf" "$written/unknown-hosts.conf"; fi
    # Those of the certificate are known when it is taken.
    if [ "$names" = certificate ]; then names=localhost; fi
    echo "server_name $names;" >"$written/names.conf"
}

# Changes whenever either file is replaced, or a link to it is set anew.
fingerprint() {
    stat -L -c '%n %i %s %y' "$certificate" "$key" 2>&1 || true
}

# One round: takes the certificate or leaves the one before as it was. As take_certificate ends, or 1.
renew_certificate() {
    renewed=0
    take_certificate || renewed=$?
    write_way_of_serving || renewed=1
    return "$renewed"
}

# watch_certificate PID KNOWN: takes over a certificate that is no longer the known one, and has Nginx, that process, reload if
# it has to. Polled, for no notice comes through a link that is set anew elsewhere, nor through every kind of mount.
watch_certificate() {
    # A round that fails, as for want of room, must not be the last one.
    set +e
    known=$2 complained='' loaded=$(way_of_serving)
    while :; do
        sleep 1
        seen=$(fingerprint)
        if [ "$seen" = "$known" ]; then continue; fi
        # Two files are not replaced at the same instant.
        sleep 0.2
        if [ "$(fingerprint)" != "$seen" ]; then continue; fi
        reason=$(renew_certificate 2>&1)
        case $? in
            0)
                known=$seen complained=''
                # A stapled one is read with the configuration.
                if staples || [ "$(way_of_serving)" != "$loaded" ]; then
                    loaded=$(way_of_serving)
                    kill -HUP "$1"
                fi
                echo "the certificate in ${certificate%/*} was replaced: the new one is served" >&2
                ;;
            3)
                known=$seen complained=''
                printf 'error: the new certificate in %s cannot be used, the old one stays: %s\n' "${certificate%/*}" "$reason" >&2
                ;;
            *)
                if [ "$seen" != "$complained" ]; then
                    complained=$seen
                    printf 'error: the new certificate in %s cannot be taken, the old one stays; this is tried again every second: %s\n' "${certificate%/*}" "$reason" >&2
                fi
                ;;
        esac
        # A handshake that is under way goes on with the pair with which it began.
        sleep 1
        forget_others
    done
}

# Process 1 of a container ignores what it has no handler for; Nginx sets its own.
trap 'exit 0' QUIT TERM

check_environment
write_configuration

if [ "${1:-}" = nginx ]; then
    shift
    set -- nginx -e stderr -c "$config/nginx.conf" "$@"
    if [ "$scheme" = https ]; then
        rm -rf "$kept"
        mkdir "$kept"
        known=$(fingerprint)
        if ! take_certificate || ! write_way_of_serving; then die "the certificate in ${certificate%/*} cannot be used"; fi
        if has_expired "$certificate"; then
            echo "warning: the certificate in ${certificate%/*} has expired: have it renewed, and put the renewed one there" >&2
        fi
        # Nginx takes this process's place, so its number is known already.
        watch_certificate $$ "$known" &
    fi
fi
exec "$@"
