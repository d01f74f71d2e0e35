#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#
# Unpacks a Debian package into a folder, for one that cannot be installed beside another:
# msgpack-c's headers want C++'s, and those a Boost that is not the one compared with.

set -eu

die() {
	echo "${0##*/}: $*" >&2
	exit 1
}

case ${1-} in
-h | --help)
	echo "Usage: ${0##*/} PACKAGE FOLDER"
	echo 'Fetches a package of Debian and unpacks it into FOLDER, which is made.'
	exit 0
	;;
esac
[ $# -eq 2 ] || die 'see --help'

folder=$2.tmp
rm -rf "$folder" "$2"
mkdir -p "$folder"
trap 'rm -rf "$folder"' EXIT
cd "$folder"
apt-get -qq -o APT::Sandbox::User="$(id -un)" download "$1" >&2 ||
	die "$1 cannot be fetched; if the package lists are old, run apt-get update"
dpkg -x ./*.deb .
rm ./*.deb
mv "$folder" "$2"
