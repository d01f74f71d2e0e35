#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#
# Makes a private configuration of apt that sees Debian's unstable suite and nothing else, and prints
# its path, for APT_CONFIG. The machine's own package lists, and what is installed on it, stay out of it.

set -eu

here=$(cd "$(dirname "$0")" && pwd)
. "$here/lib.sh"

case ${1-} in
-h | --help)
	cat <<-EOF
	Usage: ${0##*/} [--update]
	Prints a file for APT_CONFIG with which apt-get and apt-cache see Debian's unstable suite alone.
	Package lists are fetched if there are none, or they are older than a day, or with --update.
	EOF
	exit 0
	;;
esac

folder=$cache/apt/unstable
config=$folder/apt.conf
keyring=/usr/share/keyrings/debian-archive-keyring.gpg

# From where this machine has its own packages.
archive() {
	apt-get indextargets --format "\$(LABEL) \$(REPO_URI)" 'Created-By: Packages' |
		sed -n 's/^Debian //p' | head -n 1
}

configure() {
	uri=$(archive)
	[ -n "$uri" ] || die "there is no archive of Debian in this machine's apt sources"
	[ -f "$keyring" ] || die "$keyring is missing (apt-get install debian-archive-keyring)"
	mkdir -p "$folder/lists/partial" "$folder/cache/archives/partial"
	: >"$folder/status"
	echo "deb [signed-by=$keyring] $uri unstable main" >"$folder/sources.list"
	# A mirror may be a copy that stands still, whose date has passed.
	cat >"$config.tmp" <<-EOF
	Dir::State "$folder";
	Dir::State::status "$folder/status";
	Dir::Cache "$folder/cache";
	Dir::Etc::sourcelist "$folder/sources.list";
	Dir::Etc::sourceparts "/dev/null";
	Dir::Etc::preferencesparts "/dev/null";
	APT::Default-Release "";
	APT::Install-Recommends "false";
	APT::Architecture "amd64";
	APT::Architectures { "amd64"; };
	Acquire::Check-Valid-Until "false";
	Acquire::Languages "none";
	EOF
	[ "$(id -u)" -ne 0 ] || echo 'APT::Sandbox::User "root";' >>"$config.tmp"
	mv "$config.tmp" "$config"
}

mkdir -p "$folder"
exec 9>"$folder/.lock"
flock 9
[ -f "$config" ] || configure
if [ "${1-}" = --update ] || [ -z "$(find "$folder/updated" -mtime -1 2>/dev/null)" ]; then
	# Lists of yesterday are better than none.
	if APT_CONFIG=$config apt-get -qq update >&2; then
		: >"$folder/updated"
	else
		ls "$folder/lists/"*_Packages >/dev/null 2>&1 ||
			die "the package lists of Debian's unstable suite cannot be fetched"
	fi
fi
echo "$config"
