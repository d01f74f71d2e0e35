#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#
# Puts those inputs that a fuzzer found, and that reach what no kept one does, beside the kept ones.
#
#	keep.sh FUZZER FOUND KEPT [SEEDS...]

set -eu

[ $# -ge 3 ] || { echo 'usage: keep.sh FUZZER FOUND KEPT [SEEDS...]' >&2; exit 2; }
fuzzer=$1 found=$2 kept=$3
shift 2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
mkdir "$work/all"
for folder; do
	# An input has the name of its hash for the fuzzer, kept ones have a shorter one.
	find "$folder" -maxdepth 1 -type f | while read -r file; do
		cp "$file" "$work/all/old-${file##*/}"
	done
done
# By lines reached, not by how often: a corpus that is small.
"$fuzzer" -max_len=65536 -use_counters=0 -set_cover_merge=1 "$work/all" "$found" >"$work/log" 2>&1 || {
	tail -n 20 "$work/log" >&2
	exit 1
}
set -- "$kept"/*
suffix=bin
[ ! -e "$1" ] || suffix=${1##*.}
count=0
for file in "$work"/all/*; do
	name=${file##*/}
	case $name in
	old-*) continue ;;
	esac
	cp "$file" "$kept/$(printf %.12s "$name").$suffix"
	count=$((count + 1))
done
echo "$count inputs are new in $kept"
