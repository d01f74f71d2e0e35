#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#
# Runs apt for another architecture, with lists and a state of its own, in which nothing is installed:
# the machine's packages and its list of architectures stay as they are.

set -eu

cache=${KHMAP_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/khmap}
mirror=${KHMAP_MIRROR:-http://deb.debian.org/debian}
security=${KHMAP_MIRROR_SECURITY:-http://deb.debian.org/debian-security}
keys=/usr/share/keyrings/debian-archive-keyring.gpg

usage() {
	cat <<-end
	Usage: ${0##*/} ARCHITECTURE update | COMMAND [ARGUMENT...]
	Runs COMMAND (apt-get, apt-cache) for Debian 12 of an architecture, like arm64 or s390x, as
	if on a machine where nothing is installed.  "update" fetches the lists of packages.
	\$KHMAP_MIRROR and \$KHMAP_MIRROR_SECURITY name other mirrors than Debian's.
	end
}

die() {
	echo "${0##*/}: $*" >&2
	exit 1
}

case ${1-} in
-h | --help) usage; exit 0 ;;
esac
[ $# -ge 2 ] || { usage >&2; exit 2; }
architecture=$1
shift
case $architecture in
'' | *[!a-z0-9]*) die "not an architecture: $architecture" ;;
esac
[ -r "$keys" ] || die "$keys is missing (package debian-archive-keyring)"

root=$cache/cross/apt-$architecture
mkdir -p "$root/state/lists/partial" "$root/cache/archives/partial" "$root/parts"
: >"$root/status"
for suite in "$mirror bookworm" "$security bookworm-security"; do
	echo "deb [signed-by=$keys] $suite main"
done >"$root/sources"
# As root, apt would fetch as another user, who cannot write into a home folder.
cat >"$root/config" <<EOF
APT::Architecture "$architecture";
APT::Architectures { "$architecture"; };
APT::Install-Recommends "false";
APT::Sandbox::User "$(id -un)";
Acquire::Languages "none";
Dir::State "$root/state";
Dir::State::status "$root/status";
Dir::Cache "$root/cache";
Dir::Etc::sourcelist "$root/sources";
Dir::Etc::sourceparts "$root/parts";
Dir::Etc::preferences "/dev/null";
Dir::Etc::preferencesparts "$root/parts";
EOF
export APT_CONFIG="$root/config"
[ "$*" != update ] || set -- apt-get -qq update
exec "$@"
