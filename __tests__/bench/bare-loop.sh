#!/bin/bash
# The plainest way to a command in a guest, to compare with: QEMU and ssh in a loop. Told by the environment:
#   QEMU_ARGS  file with QEMU's program and arguments, one a line (the same as image-test's own, but for its control sockets)
#   BASE, BASE_FORMAT, OVERLAY, PORT, KEY, LOGIN, PROBE_SECONDS, AFTER (a command to wait for before the first one, or empty)
set -euo pipefail
qemu-img create -q -f qcow2 -F "$BASE_FORMAT" -b "$BASE" "$OVERLAY"
mapfile -t argv <"$QEMU_ARGS"
"${argv[@]}" 5<"$BASE" & # the image, open, as ours has it
qemu=$!
trap 'kill -9 $qemu; wait $qemu 2>/dev/null || true' EXIT
options=(-i "$KEY" -p "$PORT" -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o BatchMode=yes -o LogLevel=ERROR
  -o ConnectTimeout=5 -o ControlMaster=auto -o "ControlPath=$OVERLAY.ssh" -o ControlPersist=30)
until timeout 10 ssh "${options[@]}" "$LOGIN@127.0.0.1" true 2>/dev/null; do sleep "$PROBE_SECONDS"; done
if [ -n "$AFTER" ]; then ssh "${options[@]}" "$LOGIN@127.0.0.1" "$AFTER" >/dev/null || true; fi
ssh "${options[@]}" "$LOGIN@127.0.0.1" true
echo "first command done"
