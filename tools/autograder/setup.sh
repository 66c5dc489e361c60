#!/usr/bin/env bash
# Builds the image that grades: Deno, what the sandbox is made of, and all code that will be run, once. The last step
# grades the reference, so that an image that cannot grade is never used.
set -euo pipefail
source=${AUTOGRADER:-/autograder}/source
version={{version}}

if command -v apt-get >/dev/null && [ "$(id -u)" -eq 0 ]; then
  export DEBIAN_FRONTEND=noninteractive
  apt-get -qq update
  apt-get -qq install --yes --no-install-recommends bubblewrap ca-certificates npm util-linux
fi

# Deno's own program, out of its npm package: the package's starter would need a newer Node than some images have.
if ! deno --version 2>/dev/null | grep -q "^deno $version "; then
  case $(uname -m) in
    x86_64) platform=linux-x64-glibc ;;
    aarch64) platform=linux-arm64-glibc ;;
    *) echo "There is no Deno for $(uname -m)." >&2; exit 1 ;;
  esac
  fetched=$(mktemp -d)
  (cd "$fetched" && npm pack --silent "@deno/$platform@$version" && tar -xzf ./*.tgz)
  install -m 755 "$fetched/package/deno" /usr/local/bin/deno
  rm -rf "$fetched"
fi

cd "$source/wallsocket"
deno cache --quiet tools/grade.ts tools/grade/one.ts labs/*/suite.ts solutions/*/hidden.ts solutions/*/mod.ts
proof=$(mktemp -d)
deno task --quiet grade solutions --out "$proof" --virtual{{labs}}
rm -rf "$proof"
