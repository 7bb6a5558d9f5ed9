#!/bin/sh
# Prints the program of the edge's agent: one file, made of the sources where they have changed since the last one. Where it can
# not be made, the sources themselves, which do the same in a tenth more memory.
set -eu
cd "$(dirname "$(dirname "$(readlink -f "$0")")")"

entry=packages/cli/src/edgecore-main.ts
cache=node_modules/.cache/selvedge

# The name holds a digest of all that goes into the file, so that none is run that other sources made.
digest() {
  find packages -type f \( -name '*.ts' -o -name '*.json' \) ! -name '*.test.ts' | LC_ALL=C sort |
    xargs sha256sum package-lock.json tsconfig.json scripts/bundle-edgecore.sh | sha256sum | cut -c 1-16
}

# CommonJS, because there an import of Node's modules in a part that loads late is late too. Names stay, for stack traces. The
# file is on the disk before it has its name: half a file after a power cut would keep the node from starting.
bundle() {
  mkdir -p "$cache" && directory=$(mktemp -d "$cache/new-XXXXXX") || return 1
  if bin/bun build --target=bun --format=cjs --minify-syntax --minify-whitespace --sourcemap=linked \
    --outdir="$directory" --entry-naming="$1.[ext]" "$entry" >"$directory/log" 2>&1 &&
    sync "$directory/$1.js" && mv "$directory/$1.js.map" "$directory/$1.js" "$cache"; then
    rm -rf "$directory"
    # Those of older sources. An agent that still runs has read its file whole.
    find "$cache" -name 'edgecore-*' ! -name "$1.*" -exec rm -f {} +
    return
  fi
  cat "$directory/log" >&2
  rm -rf "$directory"
  return 1
}

name="edgecore-$(digest)"
if [ -f "$cache/$name.js" ] || bundle "$name"; then
  echo "$PWD/$cache/$name.js"
else
  echo "selvedge: the agent could not be made into one file; it runs from the sources" >&2
  echo "$PWD/$entry"
fi
