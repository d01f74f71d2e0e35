# shellcheck shell=sh
# SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#
# What goes into a guest beside its base image. Sourced by run.sh, whose names it uses: top,
# build, here, list, test_seconds, slower, stage (the folder that becomes the guest's root), work.
# shellcheck disable=SC2154,SC2034 # names of, and for, that script

# Where a path of the command line or of a list is on this machine ...
on_host() {
	case $1 in
	/*) if [ -e "${SYSROOT-}$1" ]; then echo "${SYSROOT-}$1"; else echo "$1"; fi ;;
	build/*) echo "$build/${1#build/}" ;;
	*) if [ -e "$top/$1" ]; then echo "$top/$1"; else echo "$PWD/$1"; fi ;;
	esac
}

# ... and in the guest.
in_guest() {
	case $1 in
	"$build"/*) echo "/khmap/build/${1#"$build"/}" ;;
	"$top"/*) echo "/khmap/${1#"$top"/}" ;;
	*) echo "/khmap/${1##*/}" ;;
	esac
}

add_file() {
	source=$(on_host "${1%%:*}")
	[ -e "$source" ] || die "there is no ${1%%:*} (is it built?)"
	case $1 in
	*:*) target=${1#*:} ;;
	*) target=$(in_guest "$source") ;;
	esac
	case $target in
	/*) ;;
	*) wrong_usage "the guest's path must be absolute: $target" ;;
	esac
	KHMAP_LIB=$build/lib LD_LIBRARY_PATH=$build/lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH} \
		"$here/copy-elf.sh" "$stage" "$source" "$target"
}

add_list() {
	[ -f "$list" ] || die "there is no list $list"
	: >"$stage/vm/list"
	while read -r first rest; do
		limit=$test_seconds
		case $first in
		'' | '#'*) continue ;;
		+) add_file "$rest"; continue ;;
		@*) limit=${first#@} first=${rest%% *}
			case $rest in
			*' '*) rest=${rest#* } ;;
			*) rest= ;;
			esac ;;
		esac
		case $first in
		*/*)
			add_file "$first"
			first=$target ;;
		esac
		echo "$((limit * slower)) $first${rest:+ $rest}" >>"$stage/vm/list"
	done <"$list"
	[ -s "$stage/vm/list" ] || die "the list $list names no test"
	cp "$here/run-list.sh" "$stage/vm/run-list"
}

# Quotes words for a shell.
quote() {
	for word; do
		printf "'%s' " "$(printf '%s' "$word" | sed "s/'/'\\\\''/g")"
	done
}

# add_disk NAME SIZE: an empty disk; sets drive, its place in the guest.
letters='a b'
add_disk() {
	truncate -s "$2" "$work/$1" || wrong_usage "not a size: $2"
	set -- "$1" "${letters%% *}"
	letters=${letters#* }
	disks="$disks $1"
	drive=/dev/vd$2
}
