#!/bin/sh
# usage: take-certificate.sh
#
# Copies TLS_CERTIFICATE and TLS_KEY, as a pair, to memory, where Nginx reads them at each TLS handshake (snippets/tls.conf).
# Exits with 1 and the reason on standard error if Nginx could not use the pair. So does a pair that visitors would refuse,
# unless it is the first one: then the reason is a warning. The pair that is served stays in each case.
set -eu

readonly pairs=/dev/shm/tls served=/dev/shm/tls/served names=/tmp/nginx/server-names.conf

refuse() {
    printf '%s\n' "$*" >&2
    exit 1
}

# Why visitors would refuse the pair. The last certificate of the chain counts as trusted: what a visitor trusts is unknown here.
objection() {
    if [ -e "$served" ] && [ "$(grep -c BEGIN fullchain.pem)" = 1 ] && [ "$(grep -c BEGIN "$served/fullchain.pem")" -gt 1 ]; then
        echo 'the certificates of its issuers are missing: append them to the file'
        return
    fi
    case $TLS_HOST in
        '') ;;
        *:*) set -- -verify_ip "$TLS_HOST" ;;
        *[!0-9.]*) set -- -verify_hostname "$TLS_HOST" ;;
        *) set -- -verify_ip "$TLS_HOST" ;;
    esac
    awk '/-----BEGIN/ { last = "" } { last = last $0 "\n" } END { printf "%s", last }' fullchain.pem >last.pem
    openssl verify -purpose sslserver -partial_chain -trusted last.pem -untrusted fullchain.pem "$@" fullchain.pem 2>&1 |
        sed -n "s/^error [0-9]* at \([0-9]*\) depth lookup: \(.*\)/\2 (certificate \1 of the chain, host ${TLS_HOST:-any})/p"
}

# The names and addresses in the certificate, as a Host header has them.
server_names() {
    openssl x509 -in fullchain.pem -noout -ext subjectAltName | perl -MSocket=inet_pton,inet_ntop,AF_INET6 -ne '
        BEGIN { print "localhost"; $seen{localhost} = 1 }
        while (/(?:^\s*|, )(DNS|IP Address):([^\s,]+)/g) {
            my $name = lc $2;
            $name =~ s/[.]$//;
            $name = "[" . inet_ntop(AF_INET6, inet_pton(AF_INET6, $name) // next) . "]" if $1 eq "IP Address" && $name =~ /:/;
            next unless $name =~ /^([*][.])?[a-z0-9_-]+([.][a-z0-9_-]+)*$|^\[[0-9a-f:.]+\]$/;
            print " $name" unless $seen{$name}++;
        }'
}

mkdir -p "$pairs"
pair=$(mktemp -d "$pairs/XXXXXX")
trap 'rm -rf "$pair"' EXIT
cd "$pair"
mkdir empty
cp "$TLS_CERTIFICATE" fullchain.pem
cp "$TLS_KEY" privkey.pem
cp /etc/nginx/site/check-certificate.conf .

if grep -q ENCRYPTED privkey.pem; then refuse 'the private key must not be encrypted'; fi
report=$(nginx -t -q -e stderr -p "$pair/" -c check-certificate.conf 2>&1) ||
    refuse "$(printf '%s\n' "$report" | sed -n "s|$pair/fullchain.pem|$TLS_CERTIFICATE|; s|$pair/privkey.pem|$TLS_KEY|; s/.*\[emerg\] [0-9#: ]*//p")"
objection=$(objection)
if [ -n "$objection" ]; then
    [ ! -e "$served" ] || refuse "$objection"
    printf 'visitors will refuse the certificate %s: %s\n' "$TLS_CERTIFICATE" "$objection" >&2
fi
if [ "$SITE_HOSTS" = certificate ]; then
    printf 'server_name %s;\n' "$(server_names)" >"$names.new"
fi

# Both files at once. A TLS handshake that has begun ends with the previous pair.
previous=$(readlink "$served" || true)
ln -sfn "$pair" next
mv -T next "$served"
trap - EXIT
if [ "$SITE_HOSTS" = certificate ] && ! cmp -s "$names.new" "$names"; then
    mv "$names.new" "$names"
    # Closes idle connections, and those of HTTP/3, but names change seldom.
    if [ -s /tmp/nginx/nginx.pid ]; then nginx -s reload -e stderr -c /etc/nginx/site/nginx.conf; fi
fi
if [ -n "$previous" ]; then
    sleep 1
    rm -rf "$previous"
fi
