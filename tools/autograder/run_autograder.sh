#!/usr/bin/env bash
# Grades one submission. Where it cannot be graded, there is no results.json: Gradescope then says that the autograder
# failed, which is true, and gives nobody a zero.
set -u
root=${AUTOGRADER:-/autograder}
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
cd "$root/source/wallsocket" || exit 1

grade() { deno task --quiet grade "$root/submission" --out "$out"{{words}} "$@"; }

grade
status=$?
if [ $status -eq 3 ]; then
  echo "Without a live wire: the live checks are left out, and the others share the points."
  grade --virtual
  status=$?
fi
if [ ! -f "$out/submission/gradescope.json" ]; then
  echo "The submission could not be graded (status $status)." >&2
  exit 1
fi
mkdir -p "$root/results"
cp "$out/submission/gradescope.json" "$root/results/results.json"
