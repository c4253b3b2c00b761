#!/bin/sh
# A script that has lost its end must not end as if all were well.
if :; then trap 'echo "This script is not whole: its end is missing." >&2; exit 2' EXIT; fi
#
@HEADING@
#
#   sh @ROOT@_aws.sh      fetch what is missing, into the folder you are in
#
# It needs a POSIX shell and the AWS command line, and no account. One file comes after the other, a large one in parts
# side by side; for many small files s5cmd is the faster tool. Run it again after an interruption or a failure: what has
# the right size is skipped. Checksums are not compared. It exits with 0 only when every file is there with the size of
# the list. Files that are not in the public bucket are not for it: the list tells which those are.
#
# The list of files stands at the end and is only ever read as text.

set -u
LC_ALL=C
export LC_ALL
root=@ROOT@
total=@FILES@
there=0
tab=$(printf '\t')

needed() {
  command -v aws >/dev/null || { echo "This script needs the AWS command line (aws)." >&2; exit 2; }
}

# Brings a file to $target.part; $more is the region of its bucket.
fetch() {
  aws s3 cp --no-sign-request --only-show-errors --region "$more" "$address" "$target.part" </dev/null
  status=$?
  if [ "$status" != 0 ]; then reason="aws ended with status $status"; return 1; fi
  sized "$target.part" || { rm -f "$target.part"; return 1; }
}
