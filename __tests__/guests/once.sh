# Runs a recipe in a folder beside its result and moves the result into place in one step; does nothing when it is there already.
# usage: once.sh RESULT SCRIPT ARGUMENT…; the caller holds the lock
set -euo pipefail
result=$1 script=$2 work=$1.building
if [ -e "$result" ]; then exit 0; fi
rm -rf "$work" # of a builder that died
mkdir "$work"
trap 'rm -rf "$work"' EXIT
cd "$work"
bash "$script" "$work/result" "${@:3}"
mv result "$result"
find "$(dirname "$result")" -maxdepth 1 -name "$(basename "${result%-*}")-????????????????.*" ! -newermt '3 days ago' -delete # made by recipes of old
