#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#
# Inputs that the fuzzer (make fuzz) has found to be different, and images as they should be, end
# well, without the fuzzer.

top=$(cd "$(dirname "$0")/../../.." && pwd)
# shellcheck source=selftests/unit/cli/lib.sh
. "${0%/*}/lib.sh"

set -- "$top"/selftests/fuzz/corpus/*.bin "$top"/selftests/images/*.khm
check 'kept inputs of the fuzzer do no harm' 0 "^$# inputs end well" "$bin/replay" "$@"
set -- "$top"/selftests/fuzz/corpus-compressed/*.bin "$top"/selftests/images/*.khz
check 'nor do those of compressed files' 0 "^$# inputs end well" "$bin/replay_compressed" "$@"
set -- "$top"/selftests/fuzz/corpus-restore/*.bin "$top"/selftests/images/*.khm
check 'nor do those that are to become maps' 0 "^$# inputs end well" "$bin/replay_restore" "$@"
set -- "$top"/selftests/fuzz/corpus-foreign/*.bin "$top"/selftests/images/*.khm "$top"/selftests/images/*.khz
check 'nor do those of the other byte order' 0 "^$# inputs end well" "$bin/replay_foreign" "$@"
set -- "$top"/selftests/fuzz/corpus-delta/*.bin "$top"/selftests/images/*-delta.bin
check 'nor do those of deltas' 0 "^$# inputs end well" "$bin/replay_delta" "$@"
set -- "$top"/selftests/fuzz/corpus-msgpack/*.bin
check 'nor do those of MessagePack' 0 "^$# inputs end well" "$bin/replay_msgpack" "$@"
check 'a file that is not there is told' 1 'No such file' "$bin/replay" ./nothing.bin

finish
