#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#
# Makes a private configuration of apt that sees one machine's packages and nothing else, as if none
# were installed, and prints its path, for APT_CONFIG. This machine's own package lists, its
# architectures, and what is installed on it, stay out of it.

set -eu

here=$(cd "$(dirname "$0")" && pwd)
. "$here/lib.sh"

usage() {
	cat <<-EOF
	Usage: ${0##*/} [--update] ARCHITECTURE SUITE
	Prints a file for APT_CONFIG with which apt-get and apt-cache see Debian's packages for an
	ARCHITECTURE, like amd64, alone. SUITE is unstable, or "own" for the suites of this machine.
	Package lists are fetched if there are none, or they are older than a day, or with --update.
	EOF
}

update=
case ${1-} in
-h | --help) usage; exit 0 ;;
--update) update=yes; shift ;;
esac
[ $# -eq 2 ] || { usage >&2; exit 2; }
architecture=$1
suite=$2
case $architecture$suite in
*[!a-z0-9]*) die "not an architecture and a suite: $architecture $suite" ;;
esac

folder=$cache/apt/$suite-$architecture
config=$folder/apt.conf
keyring=/usr/share/keyrings/debian-archive-keyring.gpg

# From where this machine has its own packages: lines of URI and suite.
archives() {
	apt-get indextargets --format "\$(LABEL) \$(REPO_URI) \$(CODENAME)" 'Created-By: Packages' |
		sed -n 's/^Debian\(-Security\)\{0,1\} //p' | sort -u
}

sources() {
	case $suite in
	own) archives ;;
	*) archives | sed -n '/-security$/d; /-updates$/d; s/ .*//p' | head -n 1 |
		sed "s/\$/ $suite/" ;;
	esac | sed "s|^|deb [signed-by=$keyring] |; s|\$| main|"
}

configure() {
	[ -f "$keyring" ] || die "$keyring is missing (apt-get install debian-archive-keyring)"
	sources >"$folder/sources.list"
	[ -s "$folder/sources.list" ] ||
		die "there is no archive of Debian in this machine's apt sources"
	mkdir -p "$folder/lists/partial" "$folder/cache/archives/partial"
	: >"$folder/status"
	# A mirror may be a copy that stands still, whose date has passed.
	cat >"$config.tmp" <<-EOF
	Dir::State "$folder";
	Dir::State::status "$folder/status";
	Dir::Cache "$folder/cache";
	Dir::Etc::sourcelist "$folder/sources.list";
	Dir::Etc::sourceparts "/dev/null";
	Dir::Etc::preferences "/dev/null";
	Dir::Etc::preferencesparts "/dev/null";
	APT::Default-Release "";
	APT::Install-Recommends "false";
	APT::Architecture "$architecture";
	APT::Architectures { "$architecture"; };
	APT::Sandbox::User "$(id -un)";
	Acquire::Check-Valid-Until "false";
	Acquire::Languages "none";
	EOF
	mv "$config.tmp" "$config"
}

mkdir -p "$folder"
exec 9>"$folder/.lock"
flock 9
[ -f "$config" ] || configure
if [ -n "$update" ] || [ -z "$(find "$folder/updated" -mtime -1 2>/dev/null)" ]; then
	# Lists of yesterday are better than none.
	if APT_CONFIG=$config apt-get -qq update >&2; then
		: >"$folder/updated"
	else
		ls "$folder/lists/"*_Packages >/dev/null 2>&1 ||
			die "Debian's package lists for $architecture, $suite, cannot be fetched"
	fi
fi
echo "$config"
