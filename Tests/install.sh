# For scripts in this folder to source: how they install Debian packages, and run what is only of interest when it fails.

readonly policy=/usr/sbin/policy-rc.d
policy_is_ours=
log=$(mktemp)
trap 'rm -f "$log"; [ -z "$policy_is_ours" ] || as_root rm -f "$policy"' EXIT

# Runs a command, and shows what it prints only when it fails.
quietly() {
    "$@" >"$log" 2>&1 || { status=$? && cat "$log" >&2 && echo "$0: failed: $*" >&2 && exit "$status"; }
}

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

# Installs those of the Debian packages that are missing (as root, or through sudo).
install_packages() {
    local package missing=()
    for package in "$@"; do
        [ "$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || missing+=("$package")
    done
    [ ${#missing[@]} -gt 0 ] || return 0
    echo "$0: installing ${missing[*]}"
    quietly as_root apt-get update -q
    # Debian starts the services that it installs, unless this file says no: tests start servers of their own.
    if [ ! -e "$policy" ]; then
        policy_is_ours=yes
        printf '#!/bin/sh\nexit 101\n' | as_root install -m 755 /dev/stdin "$policy"
    fi
    quietly as_root env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "${missing[@]}"
}

# Installs the Python packages of a list into a directory, once for each version of the list.
install_python_packages() {
    local list=$1 directory=$2
    ! cmp -s "$list" "$directory/requirements.txt" || return 0
    rm -rf "$directory"
    quietly /usr/bin/python3 -m pip install --quiet --disable-pip-version-check --root-user-action=ignore \
        --only-binary :all: --no-deps --require-hashes --target "$directory" --requirement "$list"
    cp "$list" "$directory/requirements.txt"
}
