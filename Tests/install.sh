# For scripts in this folder to source: how they install Debian packages, and run what is only of interest when it fails.

# Runs a command, and shows what it prints only when it fails.
quietly() {
    local log status
    log=$(mktemp)
    if "$@" >"$log" 2>&1; then
        rm "$log"
    else
        status=$?
        cat "$log" >&2
        rm "$log"
        echo "$0: failed: $*" >&2
        exit "$status"
    fi
}

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

# Debian starts the services that it installs, by one of two programs. Here both do nothing: tests start servers of their
# own. In a mount namespace, which leaves nothing behind, however this ends. Where there can be none, in a container, no
# service is started anyway: there is nobody to run it.
readonly without_services='
for starter in /usr/sbin/invoke-rc.d /usr/bin/deb-systemd-invoke; do
    [ ! -e "$starter" ] || mount --bind /bin/true "$starter"
done
exec "$@"'

# Installs those of the Debian packages that are missing (as root, or through sudo).
install_packages() {
    local package missing=() apart=()
    for package in "$@"; do
        [ "$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || missing+=("$package")
    done
    [ ${#missing[@]} -gt 0 ] || return 0
    echo "$0: installing ${missing[*]}"
    quietly as_root apt-get update -q
    if as_root unshare --mount true 2>/dev/null; then
        apart=(unshare --mount bash -euc "$without_services" bash)
    fi
    quietly as_root "${apart[@]}" env DEBIAN_FRONTEND=noninteractive \
        apt-get install -q -y --no-install-recommends -o DPkg::Lock::Timeout=600 "${missing[@]}"
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
