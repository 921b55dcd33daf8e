#!/bin/sh
# What the tests need from the system: installed when we may, named when we may not.
set -eu

have_browser() {
    command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null
}

have_postgresql() {
    command -v initdb >/dev/null || ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1
}

have_nginx() {
    command -v nginx >/dev/null || [ -x /usr/sbin/nginx ]
}

missing=
have_browser || missing="chromium fonts-noto-core fonts-noto-cjk"
have_postgresql || missing="$missing postgresql"
have_nginx || missing="$missing nginx-light"
[ -n "$missing" ] || exit 0

if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "Installing for the tests: $missing …" >&2
    apt-get update -qq
    # shellcheck disable=SC2086 # words are wanted
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
else
    echo "Tests that need these packages are left out, for they are not here and may not be installed: $missing" >&2
fi
