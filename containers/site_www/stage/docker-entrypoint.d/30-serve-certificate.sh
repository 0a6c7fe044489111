#!/bin/sh
# Takes the certificate, then watches its files and takes each new one.
set -eu

[ "$SCHEME" = https ] || exit 0

rm -rf /dev/shm/tls
if ! reason=$(take-certificate.sh 2>&1); then
    printf 'error: the certificate %s cannot be used: %s\n' "$TLS_CERTIFICATE" "$reason" >&2
    exit 1
elif [ -n "$reason" ]; then
    printf 'warning: %s\n' "$reason" >&2
fi

# Polls, because a bind mount from another system and a link whose target is replaced send no notification.
watch() {
    seen='' refused='' pause=0
    while sleep 1; do
        if cmp -s "$TLS_CERTIFICATE" /dev/shm/tls/served/fullchain.pem && cmp -s "$TLS_KEY" /dev/shm/tls/served/privkey.pem; then
            seen='' refused=''; continue
        fi
        # The two files are not replaced at the same instant: wait until both are unchanged for a second.
        sum=$(cksum "$TLS_CERTIFICATE" "$TLS_KEY" 2>&1 || true)
        if [ "$sum" != "$seen" ]; then seen=$sum pause=0; continue; fi
        # The reason may pass: a full disk, a certificate that is not valid yet. Retry every 5 seconds and report once.
        pause=$((pause - 1))
        [ "$pause" -lt 0 ] || continue
        pause=5
        if reason=$(take-certificate.sh 2>&1); then
            echo "the new certificate $TLS_CERTIFICATE is served" >&2
        elif [ "$refused" != "$sum" ]; then
            refused=$sum
            printf 'error: the new certificate %s is refused and the previous one stays: %s\n' "$TLS_CERTIFICATE" "$reason" >&2
        fi
    done
}

watch &
