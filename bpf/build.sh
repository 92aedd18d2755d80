#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Builds splice.bpf.o beside its source. The object is in the repository, so only who changes the C needs clang (14 or newer),
# libbpf-dev (bpf_helpers.h) and linux-libc-dev.  usage: build.sh [OUTPUT]
set -euo pipefail
cd "$(dirname "$0")"
clang=${CLANG:-$(command -v clang-14 || command -v clang)}
# No -g: the loader wants no BTF. mcpu=v3: atomics that return a value (Linux 5.12).
exec "$clang" -target bpf -mcpu=v3 -O2 -Wall -Werror -Wno-unused-function -I"/usr/include/$(uname -m)-linux-gnu" -c splice.bpf.c -o "${1:-splice.bpf.o}"
