# What the packages have in common; sourced by build-deb and build-tarball.
# shellcheck shell=bash

repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

# The manifests of dependencies run in the build, and may read the environment: not the key.
# shellcheck disable=SC2086
unset ${!TINYBIRD_@}

die() { echo "${0##*/}: $*" >&2 && exit 1; }

command -v swift >/dev/null ||
    die "swift is not in the PATH: install Swift 6.3 or newer from https://www.swift.org/install/linux/"
die_of_missing_packages() { die "packages are missing: as root, run: apt-get build-dep -y $repository/packaging"; }

# README.md's changelog is the only one: its first heading is "### VERSION, DATE".
heading=$(sed -n '/^## Changelog$/,$ s/^### //p' "$repository/README.md" | head -n 1)
version=${heading%%, *}
release_date=${heading#*, }

# The commit, with a + where the work tree differs from it.
commit=$(git -C "$repository" rev-parse HEAD)
changes=$(git -C "$repository" status --porcelain)
[ -z "$changes" ] || commit+=+
# Sources/CBuild takes it.
export CHARTS_TOKEN_COMMIT=$commit

# What is dated in a package has the commit's time, so that a commit's package is always the same.
SOURCE_DATE_EPOCH=$(git -C "$repository" log -1 --format=%ct)
export SOURCE_DATE_EPOCH

# For a program that doesn't depend on the directory it was built in, whose name would else be in hashes of its modules
# (.swift_modhash): nobody compiles it a second time from those.
reproducibly=(-Xswiftc -Xfrontend -Xswiftc -disable-incremental-llvm-codegen)

# The output directory: the script's argument.
output=$(realpath -m "${1:-$repository/.build/packages}")
mkdir -p "$output"
