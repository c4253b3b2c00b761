#!/usr/bin/env bash
# A script that has lost its end must not end as if all were well.
if :; then trap 'echo "This script is not whole: its end is missing." >&2; exit 2' EXIT; fi
#
# Fetches the files that were chosen in a download overlay into the folder @ROOT@.
# @SUMMARY@
# Made @MADE@ by download-overlay @VERSION@.
#
#   bash @ROOT@_api_retrieve.sh            fetch what is missing, into the folder you are in
#   bash @ROOT@_api_retrieve.sh --dry-run  only tell what would be fetched
#   bash @ROOT@_api_retrieve.sh --help     tell the options
#
# It needs bash 3.2 or newer, curl 7.58 or newer, and the mkdir, mv, rm, wc, sleep and stty of any system.
# Run it again after an interruption or a failure: what is complete is not asked for again, and what was cut off goes on
# where it stopped. It exits with 0 only when every file is there with the size (and checksum) of the list.
#
# How to read it: settings; small helpers; what curl is told; one answer; a worker; what is there; signing in; the
# manifest; the course of a run. The list of files stands at the end and is only ever read as text. All that is written
# goes into @ROOT@.

if [ -z "${BASH_VERSION-}" ]; then
  echo "This script needs bash: run it as  bash $0" >&2
  trap - EXIT
  exit 2
fi
if ((BASH_VERSINFO[0] * 100 + BASH_VERSINFO[1] < 302)); then
  echo "This script needs bash 3.2 or newer; this is $BASH_VERSION." >&2
  trap - EXIT
  exit 2
fi

# Settings that come from outside must not change what follows, and neither a trace (-x) nor variables that are exported
# without being asked (-a) may give the token away.
set +aefkmvxC -u
set +o posix +o pipefail
shopt -u nocasematch failglob nullglob
# From bash 5.2 on, & in a replacement would stand for what was matched.
shopt -u patsub_replacement 2>/dev/null
unset CDPATH GLOBIGNORE TMOUT secret
unset -f curl mkdir mv rm wc sleep stty uname sha256sum shasum md5sum md5
# Names are bytes here, whatever the language of the terminal.
LC_ALL=C

# --- Settings ------------------------------------------------------------------------------------------------------

readonly ROOT=@ROOT_WORD@
readonly FILES=@FILES@ BYTES=@BYTES@ WITH_TOKEN=@WITH_TOKEN@
readonly TOKEN_PAGE=@TOKEN_PAGE@
readonly WHOAMI=@WHOAMI@
readonly CONTACT=@CONTACT@
readonly AGENT=@AGENT@
# What is kept between two runs, and what is of use in one. No file of the list has a name that begins with a dot.
readonly STATE=$ROOT/.state RUN=$ROOT/.state/run BATCHES=$ROOT/.state/run/batches
readonly LONGEST_WAIT=300 MOST_REDIRECTS=10 CURL_TOO_MANY_REDIRECTS=47 CURL_NO_RANGES=33 CURL_WRITE_ERROR=23
# Files up to LARGE bytes share a curl, at most so many: it keeps its connection from one to the next.
readonly MOST_TOGETHER=25 LARGE=16000000
readonly TAB=$'\t' CELL='</td><td>' LEFT_OUT="not asked for (--only)"

output=.        # --output
jobs=4          # --jobs
tries=5         # --tries
only=           # --only
deed=fetch      # or what --list, --dry-run, --verify ask for
secret=${MAST_API_TOKEN-}  # the token: in this variable and in a pipe to curl, nowhere else
unset MAST_API_TOKEN       # from here on no program that this script starts can see it
user=anonymous
signed_in=no
me=main         # who writes in $RUN: main, or the number of a worker
child=          # the process that is waited for
starting=no     # while it is not known yet
launching=      # the file for a worker's number, while that is not known yet
asking=no       # while the terminal shows nothing of what is typed
untold=no       # yes when a line could not be printed
rows=0 seen_files=0 there_files=0 there_bytes=0 unverified=0 unlooked=0 left_files=0
tasks=0 task_bytes=0 token_tasks=0 refusals=0
wanted_files=0  # those that --only does not leave out
looked_at=      # the folder that is known to be no link
failures=0
why=()          # why files are not there, a hundred of the list in each: old bashes are slow with long arrays

# --- Helpers: what they work out is left in a variable of their name, since $(...) would cost a process each time --

say() { printf '%s\n' "$1" 2>/dev/null || untold=yes; }
complain() { printf '%s\n' "$1" >&2; }
give_up() { complain "$1"; exit 2; }
full() { give_up "$RUN could not be written to; the disk may be full."; }

# Bytes in decimal units: bytes whole, kB with one decimal, MB and up with three.
volume() {
  local bytes=$1 unit=1 name
  if ((bytes < 1000)); then
    volume="$bytes B"
  elif ((bytes + 50 < 1000000)); then
    printf -v volume '%d.%d kB' $(((bytes + 50) / 1000)) $(((bytes + 50) % 1000 / 100))
  else
    for name in MB GB TB PB; do
      unit=$((unit * 1000))
      ((bytes + unit / 2 < unit * 1000000)) && break
    done
    bytes=$(((bytes + unit / 2) / unit))
    printf -v volume '%d.%03d %s' $((bytes / 1000)) $((bytes % 1000)) "$name"
  fi
}

# A number, with commas between thousands from five digits on.
count() {
  local rest=$1
  count=''
  if ((${#rest} > 4)); then
    while ((${#rest} > 3)); do
      count=,${rest: -3}$count
      rest=${rest%???}
    done
  fi
  count=$rest$count
}

files() {
  count "$1"
  if (($1 == 1)); then files="1 file"; else files="$count files"; fi
}

# Notes why the file of number $1 is not there; what was noted last counts, and nothing, if it is there after all.
note() { why[$1 / 100]="$TAB$1 $2$TAB${why[$1 / 100]-}"; }

fail() {
  note "$1" "$2"
  failures=$((failures + 1))
}

# What was noted of the file of number $1.
noted() {
  local pattern="$TAB$1 ([^$TAB]*)$TAB"
  noted=${why[$1 / 100]-}
  if [[ $noted =~ $pattern ]]; then noted=${BASH_REMATCH[1]}; else noted=; fi
}

# Scheme, host and port of an address, as far as the first / ? or #.
origin() {
  local rest=${1#*://}
  origin=${1%%://*}://${rest%%[/?#]*}
}

# Which part of the net an address leads to, as it is written; leaves in `zone`: public, this machine, or a net that is
# not open to all (RFC 6890; for names RFC 6761 and 8375). Numbers count in their one plain form alone: readers of
# addresses make of 017.1 or 0x7f000001 what they like.
zone() {
  local host=${1#*://} first second part='(0|[1-9][0-9]{0,2})' port='^(.*):[0-9]*$'
  local numbers="^$part\.$part\.$part\.$part\$" groups='^\[([23][0-9a-f]{3}):(([0-9a-f]{0,4}):)?[0-9a-f:.]*\]$'
  host=${host%%[/?#]*}
  [[ ! $host =~ $port ]] || host=${BASH_REMATCH[1]}
  host=${host%.}
  zone="of no plain form"
  shopt -s nocasematch
  case $host in
    localhost | *.localhost | *.localdomain | *.localdomain[46] | "[::1]") zone="this machine" ;;
    \[*)
      if [[ $host =~ $groups ]]; then
        first=$((16#${BASH_REMATCH[1]})) second=$((16#0${BASH_REMATCH[3]}))
        # Within 2000::/3 only what is for tunnels, examples and other addresses is not.
        ((first == 0x2002 || first == 0x3fff || (first == 0x2001 && (second < 0x200 || second == 0xdb8)))) ||
          zone=public
      fi
      ;;
    '' | 0x* | *[!0-9a-z._-]*) ;;
    *.local | *.internal | *.intranet | *.private | *.home.arpa | *.home | *.lan | *.corp | *.svc) zone="not open to all" ;;
    *.*)
      if [[ $host =~ $numbers ]]; then
        zone_of_numbers "${BASH_REMATCH[@]:1}"
      elif [[ ! ${host##*.} =~ ^([0-9]+|0x[0-9a-f]*)?$ ]]; then
        zone=public
      fi
      ;;
    *[!0-9]*) zone="not open to all" ;;
  esac
  shopt -u nocasematch
}

zone_of_numbers() {
  (($1 < 256 && $2 < 256 && $3 < 256 && $4 < 256)) || return 0
  case $1.$2.$3 in
    127.*) zone="this machine" ;;
    10.* | 172.1[6-9].* | 172.2[0-9].* | 172.3[01].* | 192.168.*) zone="not open to all" ;;
    0.* | 169.254.* | 192.0.[02] | 192.88.99 | 198.1[89].* | 198.51.100 | 203.0.113) ;;
    *) (($1 > 223 || ($1 == 100 && $2 / 64 == 1))) || zone=public ;;
  esac
}

html() {
  html=${1//&/&amp;}
  html=${html//</&lt;}
  html=${html//>/&gt;}
}

# A cell after RFC 4180. What a spreadsheet would take for a formula gets an apostrophe before it.
csv() {
  csv=$1
  case $csv in
    [=+@\'-]* | $'\xef\xbc\x9d'* | $'\xef\xbc\x8b'* | $'\xef\xbc\x8d'* | $'\xef\xbc\xa0'*) csv="'$csv" ;;
  esac
  case $csv in *[\",]*) csv=\"${csv//\"/\"\"}\" ;; esac
}

bytes_in() {
  bytes_in=0
  if [[ -f $1 ]]; then bytes_in=$(wc -c <"$1") && bytes_in=$((bytes_in)); fi
}

# Seconds from 1970 on of a date of HTTP, like "Sun, 06 Nov 1994 08:49:37 GMT".
moment() {
  local before year month day
  local pattern='^[A-Z][a-z]{2}, ([0-9]{2}) ([A-Z][a-z]{2}) ([0-9]{4}) ([0-9]{2}):([0-9]{2}):([0-9]{2}) GMT$'
  [[ $1 =~ $pattern ]] || return 1
  before=MarAprMayJunJulAugSepOctNovDecJanFeb
  before=${before%%"${BASH_REMATCH[2]}"*}
  # A year is taken to begin in March: then its leap day is the last.
  month=$((${#before} / 3)) day=$((10#${BASH_REMATCH[1]})) year=$((10#${BASH_REMATCH[3]} - (month >= 10)))
  ((month < 12)) || return 1
  day=$((year * 365 + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + day - 719469))
  moment=$(((day * 24 + 10#${BASH_REMATCH[4]}) * 3600 + 10#${BASH_REMATCH[5]} * 60 + 10#${BASH_REMATCH[6]}))
}

# Waits for a process in such a way that Ctrl-C and TERM are heard at once.
await() {
  [[ $starting = no ]] || child=$! starting=no
  wait "$child" 2>/dev/null
  local status=$?
  child=
  return "$status"
}

pause() {
  starting=yes
  sleep "$1" 2>/dev/null &
  await
}

# Whether a process runs. In a container, one that has ended may stay a zombie; one of another user may not be asked.
alive() {
  local line='' answer
  kill -0 "$1" 2>/dev/null || { answer=$(kill -0 "$1" 2>&1) || [[ $answer = *permitted* ]] || return 1; }
  { [[ ! -r /proc/$1/stat ]] || IFS= read -r line <"/proc/$1/stat"; } 2>/dev/null
  [[ ${line##*) } != Z* ]]
}

moment_later() { sleep 0.1 2>/dev/null || sleep 1; }

# Ends the process that is waited for. Not by another wait: inside of a trap that can last for ever.
# shellcheck disable=SC2329  # the traps call it
stop_child() {
  [[ $starting = no ]] || child=${!-}
  while [[ -n $child ]] && kill -KILL "$child" 2>/dev/null && alive "$child"; do moment_later; done
}

# Whether a worker runs; leaves its number in `process`. It removes its file at its end.
works() { [[ -f $1 ]] && read -r process <"$1" && alive "$process"; }

# Ends all workers. bash can miss a signal that comes just when it begins to wait: so it is sent until they are gone.
# shellcheck disable=SC2329  # the traps call it
stop_workers() {
  local worker process left=yes
  while [[ $left = yes ]]; do
    left=no
    for worker in "$RUN"/*.worker; do
      if works "$worker"; then left=yes && kill "$process" 2>/dev/null; fi
    done
    [[ $left = no ]] || moment_later
  done
}

# --- What curl is told ---------------------------------------------------------------------------------------------

# A text in the language of curl's settings: in quotes, inside of which a backslash takes the meaning of the next.
quoted() {
  quoted=${1//\\/\\\\}
  quoted=\"${quoted//\"/\\\"}\"
}

# Writes settings for curl: fetch the address $1 into the file $2 from byte $3 on, its headers into the file $4, with
# the token if $5 is yes, and then print $6, the status of HTTP and where a redirect would lead. Only if $5 is no does
# curl follow that.
# There is no "fail" in it: with that, older ones do not read the headers of a failure, and so miss Retry-After. When
# curl goes on from byte $3, it writes nothing but what the server calls the bytes from there on.
order() {
  local redirects=$MOST_REDIRECTS allowed='=http,https'
  [[ $5 = no ]] || redirects=0
  case $1 in https://*) allowed='=https' ;; esac
  quoted "$AGENT"
  printf '%s\n' globoff silent show-error 'proto = "=http,https"' "proto-redir = \"$allowed\"" location \
    "max-redirs = $redirects" 'connect-timeout = 30' 'speed-limit = 1' 'speed-time = 60' "user-agent = $quoted" \
    "write-out = \"$6 %{http_code} %{redirect_url}\\n\""
  quoted "$1"
  printf 'url = %s\n' "$quoted"
  quoted "$2"
  printf 'output = %s\n' "$quoted"
  quoted "$4"
  printf 'dump-header = %s\n' "$quoted"
  if (($3 > 0)); then
    quoted "If-Range: $validator"
    printf 'continue-at = %s\nheader = %s\n' "$3" "$quoted"
  fi
  if [[ $5 = yes ]]; then
    quoted "Authorization: token $secret"
    printf 'header = %s\n' "$quoted"
  fi
}

# Is the reading end of a pipe with settings. All of them, the token among them, reach curl in this way: arguments and
# environments can be read by other users, and here-strings are written to disk by bash before 5.1.
#
# An answer may be without end: curl writes a megabyte more than the $2 bytes that are expected, or twice that where
# the shell counts in blocks of 1024 bytes and not of 512, and no further.
curl_from_pipe() {
  trap '' XFSZ
  ulimit -f $(($2 / 512 + 2048)) 2>/dev/null
  exec curl -q --config - >"$1.said" 2>"$1.complaint"
}

# Leaves the last words of a curl in `message`.
complaint() {
  local line
  message=''
  while IFS= read -r line; do
    [[ $line = "curl: ("* ]] && message=${line#curl: (*) }
  done <"$1.complaint"
  message=${message//[[:cntrl:]]/ }
  [[ -n $message ]] || message="curl ended without a word"
}

# One file of $6 bytes, as told by the first five words of `order`; leaves `status`, `message` and `code`. curl follows
# redirects, but not with a token: before 7.83 it takes our header along to another port or to plain http of the same
# host. Then they are followed here, and the token goes no further than the origin that it is meant for. What it opened
# may lead elsewhere, but only to public addresses, or to the part of the net that the archive itself is in.
ask() {
  local url=$1 with_token=$5 home home_zone hops=0 redirect word zone
  origin "$url"
  home=$origin
  zone "$home"
  home_zone=$zone
  while true; do
    starting=yes
    order "$url" "$2" "$3" "$4" "$with_token" - 2>/dev/null | curl_from_pipe "$RUN/$me" "$6" &
    await
    status=$?
    complaint "$RUN/$me"
    code='' redirect=''
    read -r word code redirect <"$RUN/$me.said"
    ((status == CURL_TOO_MANY_REDIRECTS)) || return
    if [[ $with_token = no ]] || ((++hops > MOST_REDIRECTS)); then
      message="more than $MOST_REDIRECTS redirects"
      return
    fi
    case $redirect in
      https://*) ;;
      http://*) [[ $url = http://* ]] || { message="redirected from https to http"; return; } ;;
      *) message="redirected to no web address"; return ;;
    esac
    url=$redirect
    origin "$url"
    [[ $origin != "$home" ]] || continue
    with_token=left
    zone "$origin"
    if [[ $zone != public && $zone != "$home_zone" ]]; then
      message="redirected to ${origin//[[:cntrl:]]/ }, which is no public address"
      return
    fi
  done
}

# --- One answer ----------------------------------------------------------------------------------------------------

# What the last block of headers in the file $1 says. A strong `etag`, else the date `modified`, is the `validator` that
# a later part of the file can be tied to (RFC 9110, If-Range); `framed` tells whether the end of the body is marked, `length`
# how long it is; `retry_after` is in seconds.
headers_in() {
  local line name value now=''
  answered='' etag='' modified='' validator='' retry_after=0 framed=no length=''
  [[ -f $1 ]] || return 0
  while IFS= read -r line; do
    line=${line%$'\r'}
    name=${line%%:*} value=${line#*:}
    value=${value#"${value%%[! ]*}"}
    case $name in
      HTTP/*) etag='' modified='' retry_after=0 framed=no length='' now='' answered=${line#* } ;;
      [Ee][Tt][Aa][Gg]) [[ $value = W/* ]] || etag=$value ;;
      [Ll][Aa][Ss][Tt]-[Mm][Oo][Dd][Ii][Ff][Ii][Ee][Dd]) modified=$value ;;
      [Rr][Ee][Tt][Rr][Yy]-[Aa][Ff][Tt][Ee][Rr]) retry_after=$value ;;
      [Dd][Aa][Tt][Ee]) now=$value ;;
      [Cc][Oo][Nn][Tt][Ee][Nn][Tt]-[Ll][Ee][Nn][Gg][Tt][Hh]) framed=yes length=$value ;;
      [Tt][Rr][Aa][Nn][Ss][Ff][Ee][Rr]-[Ee][Nn][Cc][Oo][Dd][Ii][Nn][Gg]) framed=yes ;;
    esac
  done <"$1"
  # What an error page is tied to says nothing of the file; and a validator goes into a header of ours.
  answered=${answered%% *}
  [[ $answered = 20[06] && $etag$modified != *[!\ -~]* ]] || etag='' modified=''
  validator=${etag:-$modified}
  if moment "$retry_after"; then
    # A date is compared with the archive's own clock.
    retry_after=$moment
    if moment "$now" && ((retry_after > moment)); then retry_after=$((retry_after - moment)); else retry_after=0; fi
  elif [[ $retry_after =~ ^[0-9]{1,9}$ ]]; then
    retry_after=$((10#$retry_after))
  else
    retry_after=0
  fi
}

# Judges an answer that says no; what came with it is no part of the file.
refused() {
  if ((from == 0)) || [[ $code = 416 ]]; then forget; fi
  verdict=never reason="the archive answered $code"
  case $code in
    408 | 416 | 425 | 429 | 5??) verdict=again ;;
    401 | 403)
      reason="the archive refused it ($code)"
      if [[ $sign = token && -n $secret ]]; then
        verdict=refused reason+=": this token may not have it, or has ended"
      elif [[ $access != PUBLIC ]]; then
        reason+=": it needs a token"
      fi
      ;;
    404 | 410) reason="the archive does not have it ($code)" ;;
  esac
}

# Throws away what came so far.
forget() {
  rm -f "$part" "$first_answer" "$next_answer"
}

# Whether what was read last is of another version of the file than what `tie` and `tie_date` were read of.
other_version() {
  if [[ -n $tie && -n $etag ]]; then
    [[ $tie != "$etag" ]]
  else
    [[ -n $tie_date && -n $modified && $tie_date != "$modified" ]]
  fi
}

# Judges an answer that ended well, of which $part has $bytes_in bytes: size, then checksum, then a look whether it is
# an error page after all.
examine() {
  local page=no start='' digest=''
  verdict=again
  if [[ -f $part ]]; then IFS= read -r -n 9 start <"$part"; fi
  case $start in '<!DOCTYPE' | '<!doctype' | '<html'* | '<HTML'* | '<?xml'* | '<Error'*) page=yes ;; esac
  if ((bytes_in != size)); then
    reason="the list says $size bytes, $bytes_in came"
    [[ $page = no ]] || reason="a web page or an error message came in its place"
    [[ $seen != "$bytes_in" ]] || verdict=never
    seen=$bytes_in
    # A connection that just closed may have been cut; all else of the wrong size is something else.
    if ((bytes_in > size)) || [[ $framed = yes || $page = yes ]]; then forget; fi
  elif ! matches_checksum "$part"; then
    [[ $seen != "$digest" ]] || verdict=never
    seen=$digest
    forget
  elif [[ $page = yes && $path = *.[Ff][Ii][Tt][Ss] && -z $digest ]]; then
    reason="a web page or an error message came in its place"
    forget
  elif ! mv -f "$part" "$target"; then
    verdict=never reason="it could not be given its name"
  else
    verdict=there
  fi
}

# Whether the file $1 has the list's checksum, as far as there is one and a tool for it; leaves `digest`, `checked`, and
# `reason` if not.
matches_checksum() {
  checked=yes
  if [[ $sha256 != - ]] && command -v sha256sum >/dev/null; then
    digest=$(sha256sum <"$1")
  elif [[ $sha256 != - ]] && command -v shasum >/dev/null; then
    digest=$(shasum -a 256 <"$1")
  elif [[ $md5 != - ]] && command -v md5sum >/dev/null; then
    digest=$(md5sum <"$1")
  elif [[ $md5 != - ]] && command -v md5 >/dev/null; then
    digest=$(md5 -q <"$1")
  else
    [[ $sha256$md5 = -- ]] || checked=no
    return 0
  fi
  digest=${digest%% *}
  [[ $digest = "$sha256" || $digest = "$md5" ]] && return 0
  reason="its checksum is $digest, not the one in the list"
  return 1
}

# --- A worker: one of those that fetch side by side ----------------------------------------------------------------

# A task is a file to fetch, in a line: failed attempts, bytes that the best of them brought, size or checksum that the
# last one had, second from which on it may be asked for, place among the files, and what the list says of it. The end is
# marked, since a line that a full disk cut off is none.
put_task() {
  printf '%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\tend\n' "$attempts" "$best" "$seen" "$due" "$place" \
    "$number" "$size" "$access" "$sign" "$sha256" "$md5" "$path" "$url" 2>/dev/null
}

next_task() {
  local end=''
  while [[ $end != end ]]; do
    IFS=$TAB read -r attempts best seen due place number size access sign sha256 md5 path url end <&3 || return 1
  done
  target=$ROOT/$path part=$ROOT/$path.part first_answer=$STATE/$number.first next_answer=$STATE/$number.next
  from=0 checked=yes with_token=no
  if [[ $sign = token && -n $secret ]]; then with_token=yes; fi
}

# Takes one batch of tasks after the other, as long as there are any, and then what it had to put off. What becomes of
# each file it writes into $RUN/$me.results.
work() {
  local attempts best seen due place number size access sign sha256 md5 path url target part first_answer next_answer
  local from tie='' tie_date='' checked with_token status message code verdict reason bytes_in batch
  local open='' trouble=0 put_off=0 answered etag modified validator retry_after framed length
  me=$1 child='' starting=no
  trap - EXIT
  trap 'stop_child; rm -f "$RUN/$me.worker"; exit 143' HUP TERM
  for ((batch = 1; batch <= batches; batch++)); do
    # Of all workers only one can make this file.
    set -C
    if { true >"$BATCHES/$batch.taken"; } 2>/dev/null; then
      set +C
      take_batch "$BATCHES/$batch.batch"
    fi
    set +C
  done
  judge_together
  # Some curls stop at the first file that fails; what they did not come to is asked for as if for the first time.
  while [[ -s $RUN/$me.rest ]]; do
    mv -f "$RUN/$me.rest" "$RUN/$me.again"
    start_together "$RUN/$me.again"
    open=$RUN/$me.again
    await
    judge_together
  done
  while [[ -s $RUN/$me.later ]]; do
    mv -f "$RUN/$me.later" "$RUN/$me.now"
    while next_task; do
      ((due <= SECONDS)) || pause $((due - SECONDS))
      fetch_alone
    done 3<"$RUN/$me.now"
  done
  rm -f "$RUN/$me.worker"
}

# A batch of one is fetched at once. Of the others, the one before is judged while curl is at work on this one.
take_batch() {
  local lines=0
  while next_task; do lines=$((lines + 1)); done 3<"$1"
  if ((lines == 1)); then
    while next_task; do fetch_alone; done 3<"$1"
    return
  fi
  start_together "$1"
  judge_together
  open=$1
  await
  # When nothing comes, the archive is in trouble: it gets the time that it asks for before more is asked of it.
  ((trouble == 0)) || pause "$trouble"
}

# Writes settings for one curl that fetches all tasks of its input from their beginnings.
orders() {
  local between=''
  while next_task; do
    printf '%s' "$between"
    order "$url" "$part" 0 "$first_answer" "$with_token" "$number"
    between=$'next\n'
  done 3<"$1"
}

# Starts one curl for the tasks in the file $1.
start_together() {
  local folders=() largest=0
  while next_task; do
    ((size <= largest)) || largest=$size
    [[ -d ${part%/*} ]] || folders+=("${part%/*}")
  done 3<"$1"
  ((${#folders[@]} == 0)) || mkdir -p "${folders[@]}" 2>/dev/null
  starting=yes
  orders "$1" 2>/dev/null | curl_from_pipe "$1" "$largest" &
  child=$! starting=no
}

# Judges what came of the tasks in the file $open. Their curl has one exit status for all of them, so what is not
# plainly there or refused is put off, to be asked for alone.
judge_together() {
  local parts=() used=() told=- code='' redirect='' size_told=0 part_told='' asked_any=no lines=0 before=$put_off
  trouble=0
  [[ -n $open ]] || return 0
  while next_task; do parts+=("$part") lines=$((lines + 1)); done 3<"$open"
  wc -c "${parts[@]}" >"$open.sizes" 2>/dev/null
  complaint "$open"
  while next_task; do
    verdict=again reason=$message retry_after=0
    if [[ $told = - ]]; then read -r told code redirect <&6; fi
    if [[ $told != "$number" ]]; then
      if [[ $asked_any = yes ]]; then put_task >>"$RUN/$me.rest"; else settle; fi
      continue
    fi
    asked_any=yes bytes_in=0
    if [[ -f $part ]]; then
      while [[ $part_told != "$part" ]] && read -r size_told part_told <&7; do :; done
      [[ $part_told != "$part" ]] || bytes_in=$size_told
    fi
    if [[ $code = 200 ]] && ((bytes_in == size)); then
      examine
    else
      headers_in "$first_answer"
      case $code in
        4?? | 5??) refused ;;
        3??) attempts=$((attempts - 1)) ;;
        200) [[ $bytes_in != "$length" ]] || examine ;;
      esac
    fi
    settle
    [[ $verdict != there ]] || used+=("$first_answer")
    told=-
  done 3<"$open" 6<"$open.said" 7<"$open.sizes"
  ((${#used[@]} == 0)) || rm -f "${used[@]}"
  # By their names: to look for them would take long among many.
  rm -f "$open" "$open.said" "$open.complaint" "$open.sizes"
  open=
  if ((put_off - before == lines)); then
    trouble=$((retry_after > LONGEST_WAIT ? LONGEST_WAIT : retry_after > 0 ? retry_after : 1))
  fi
}

# Fetches the task that was read last, from where an earlier attempt or run stopped.
fetch_alone() {
  local answer=$first_answer expected=200
  code=''
  headers_in "$next_answer"
  tie=$etag tie_date=$modified
  headers_in "$first_answer"
  # A run that was killed could not compare what it went on with.
  ! other_version || forget
  bytes_in "$part"
  tie=$etag tie_date=$modified verdict=again
  if ((bytes_in > 0 && bytes_in == size)) && [[ $answered = 200 ]]; then
    # All came, and then the connection or the run ended badly.
    examine
  elif [[ ! -d ${part%/*} ]] && ! mkdir -p "${part%/*}" 2>/dev/null; then
    verdict=never reason="the folder ${part%/*} cannot be made"
  else
    if ((bytes_in > 0 && bytes_in < size)) && [[ $answered = 200 && -n $validator ]]; then
      from=$bytes_in answer=$next_answer expected=206
    else
      forget
    fi
    ask "$url" "$part" "$from" "$answer" "$with_token" "$size"
    bytes_in "$part"
    headers_in "$answer"
    if ((from > 0)) && [[ $code = 206 ]] && other_version; then code=changed; fi
    case $code:$status in
      changed:*)
        # The server took no notice of If-Range. Were what came kept, be it the half, it would be gone on with.
        forget
        reason="the file changed in the archive while it was fetched"
        ;;
      4??:* | 5??:*) refused ;;
      "$expected:0") examine ;;
      # Neither the whole file nor the part that was asked for, whatever its size.
      *:0)
        forget
        verdict=never reason="the archive answered $code"
        ;;
      *:"$CURL_NO_RANGES")
        forget
        reason="the archive did not send it from byte $from on"
        ;;
      *:"$CURL_WRITE_ERROR")
        verdict=never reason="it could not be written; the disk may be full (curl $status)"
        if ((bytes_in > size)); then
          examine
          reason="the list says $size bytes, at least $bytes_in came"
        fi
        ;;
      # What no second attempt cures: bad address, no memory, certificates, redirects.
      *:1 | *:3 | *:27 | *:51 | *:58 | *:59 | *:60 | *:77 | *:"$CURL_TOO_MANY_REDIRECTS")
        verdict=never reason="$message (curl $status)"
        ;;
      *) reason="$message (curl $status)" ;;
    esac
  fi
  settle
  [[ $verdict != there ]] || rm -f "$first_answer" "$next_answer"
}

# Writes down what became of a task, or puts it off.
settle() {
  local wait=1
  if [[ $verdict = again ]]; then
    # A transfer that got further by a megabyte or more is no failed attempt.
    bytes_in "$part"
    attempts=$((attempts + 1))
    if ((bytes_in >= best + 1000000)); then attempts=0 best=$bytes_in; fi
    if ((attempts < tries)); then
      put_off=$((put_off + 1))
      wait=$((attempts < 2 ? 1 : attempts > 9 ? LONGEST_WAIT : 1 << (attempts - 1)))
      # A connection that broke once says nothing of the archive.
      if ((attempts < 2)) && [[ $code = 20[06] ]]; then wait=0; fi
      ((wait >= retry_after)) || wait=$retry_after
      ((wait <= LONGEST_WAIT)) || wait=$LONGEST_WAIT
      due=$((SECONDS + wait))
      put_task >>"$RUN/$me.later" && return
      reason="it could not be put off; the disk may be full"
    fi
  fi
  volume "$size"
  if [[ $verdict = there ]]; then
    reason=-
    say "[$place/$FILES] $path, $volume: OK"
  else
    say "[$place/$FILES] $path, $volume: FAILED: $reason"
  fi
  if [[ $verdict = refused ]]; then put_task >>"$RUN/$me.refused"; fi
  printf '%s\t%s\t%s\t%s\n' "$number" "$size" "$checked" "$reason" 2>/dev/null >>"$RUN/$me.results"
}

# Ends the workers when the run is gone before it could: even when it is killed outright, and can do nothing itself,
# nothing goes on behind its back. For then the pipe to this process, which it alone can write to, is closed.
watch() {
  local word=''
  trap - EXIT HUP INT TERM
  read -r word
  [[ $word = over ]] || stop_workers
}

# --- What is there -------------------------------------------------------------------------------------------------

# Sorts the files of the list into those that are there and those that have to be fetched, without asking the archive.
# The sizes come from one wc for many files.
look() {
  local size_told=0 target_told='' digest='' checked reason
  each_row look 4< <(sizes)
}

sizes() {
  local found=()
  trap - EXIT HUP INT TERM
  each_row size
  tell_sizes
}

size_row() {
  if ((number == first)) && [[ -f $ROOT/$path ]]; then
    found+=("$ROOT/$path")
    ((${#found[@]} < 200)) || tell_sizes
  fi
}

tell_sizes() {
  ((${#found[@]} == 0)) || wc -c "${found[@]}" 2>/dev/null
  found=()
}

look_row() {
  local target=$ROOT/$path part=$ROOT/$path.part bytes_in=-1 wanted=yes
  rows=$((rows + 1))
  ((number == first)) || return 0
  seen_files=$((seen_files + 1)) checked=yes reason="it is not there"
  if [[ -n $only && ! $path =~ $only ]]; then wanted=no; else wanted_files=$((wanted_files + 1)); fi
  if [[ -f $target ]]; then
    while [[ $target_told != "$target" ]] && read -r size_told target_told <&4; do :; done
    if [[ $target_told = "$target" ]]; then bytes_in=$size_told; else bytes_in "$target"; fi
    reason="the list says $size bytes, it has $bytes_in"
  fi
  if ((bytes_in == size)) && { [[ $wanted = no ]] || matches_checksum "$target"; }; then
    there_files=$((there_files + 1)) there_bytes=$((there_bytes + size))
    [[ $checked = yes ]] || unverified=$((unverified + 1))
    [[ $wanted = yes || $sha256$md5 = -- ]] || unlooked=$((unlooked + 1))
  elif [[ $wanted = no ]]; then
    left_files=$((left_files + 1))
    note "$number" "$LEFT_OUT"
  else
    missing
  fi
}

# Whether one of the folders of a path in ROOT is a link, or the part is: what is written there would go elsewhere.
leads_away() {
  local folder=$1
  leads_away=$part
  [[ ! -L $part ]] || return 0
  [[ $folder != "$looked_at" ]] || return 1
  while true; do
    leads_away=$ROOT/$folder
    [[ ! -L $leads_away ]] || return 0
    [[ $folder = */* ]] || break
    folder=${folder%/*}
  done
  looked_at=$1
  return 1
}

# What is done about a file that is not there, or not right.
missing() {
  local attempts=0 best=0 seen=- due=0 place=$seen_files
  volume "$size"
  case $deed in
    verify)
      fail "$number" "$reason"
      return
      ;;
    dry-run)
      bytes_in "$part"
      if ((bytes_in > 0 && bytes_in < size)); then
        say "$path, $volume, of which $bytes_in bytes have come"
      else
        say "$path, $volume"
      fi
      ;;
  esac
  case $url in http://* | https://*) ;; *) fail "$number" "$url"; return ;; esac
  [[ ! -d $target ]] || { fail "$number" "a folder of that name is in the way"; return; }
  [[ ! -d $part ]] || { fail "$number" "a folder is in the way, at $part"; return; }
  if leads_away "${path%/*}"; then fail "$number" "a link is in the way, at $leads_away"; return; fi
  tasks=$((tasks + 1)) task_bytes=$((task_bytes + size))
  [[ $sign != token ]] || token_tasks=$((token_tasks + 1))
  [[ $deed != fetch ]] || put_task >&9 || full
}

# --- Signing in ----------------------------------------------------------------------------------------------------

# Leaves the token in `secret` and the name that the archive knows it by in `user`.
sign_in() {
  ((token_tasks > 0)) || { secret=; return 0; }
  files "$token_tasks"
  if [[ -n $secret ]]; then
    who_am_i || complain "The token in MAST_API_TOKEN is not one that the archive knows. It may have ended."
  else
    ask_for_token "$files of this list may need a token."
  fi
  if [[ $signed_in = no ]]; then
    files "$token_tasks"
    complain "Going on without a token: $files of this list may be refused. A token can also stand in MAST_API_TOKEN."
  fi
}

# Asks at the terminal, where there is one; $1 says why.
ask_for_token() {
  local asked=0
  { : </dev/tty; } 2>/dev/null || return 1
  complain "$1 You can make one at $TOKEN_PAGE"
  while [[ $signed_in = no ]] && ((++asked <= 3)); do
    asking=yes
    IFS= read -r -s -p "Token (it is not shown; Enter goes on without): " secret </dev/tty
    asking=no
    complain ""
    [[ -n $secret ]] || return 1
    who_am_i || complain "The archive does not know this token. It may have ended."
  done
  [[ $signed_in = yes ]]
}

# Asks the archive whose token it is; fails, and forgets the token, when the archive does not know it.
who_am_i() {
  local answer='' pattern='"ezid"[[:space:]]*:[[:space:]]*"([^"]*)"' body=$RUN/whoami
  local validator='' status message code='' name=unknown
  # Only what can stand in a header: a line break would make two of it.
  case $secret in *[!!-~]*) secret=; return 1 ;; esac
  if [[ -n $WHOAMI ]]; then
    ask "$WHOAMI" "$body" 0 "$body.headers" yes 0
    if ((status == 0)) && [[ $code = 200 ]]; then
      IFS= read -r -d '' -n 65536 answer <"$body"
      if [[ $answer =~ $pattern ]]; then name=${BASH_REMATCH[1]//[[:cntrl:]]/ }; fi
    elif [[ $code != 401 && $code != 403 ]]; then
      complain "The archive could not be asked whose token it is (curl $status, HTTP $code)."
    fi
    rm -f "$body" "$body.headers"
    if [[ $name = anonymous || $code = 401 || $code = 403 ]]; then
      secret=
      return 1
    fi
  fi
  user=$name signed_in=yes
}

# Where files were refused: whether that is because the token has ended, and there is a new one to go on with.
renew() {
  local file line number
  if ((refusals == 0)) || who_am_i; then return 1; fi
  files "$refusals"
  signed_in=no
  complain "The token has ended: $files could not be had with it. Run this script again with a new one for them."
  # What came with the ended token came with it all the same.
  ask_for_token "Or go on with a new one now." || { signed_in=yes; return 1; }
  tasks=0 refusals=0
  for file in "$RUN"/*.refused; do
    while IFS= read -r line; do
      number=${line#*"$TAB"*"$TAB"*"$TAB"*"$TAB"*"$TAB"}
      note "${number%%"$TAB"*}" ""
      failures=$((failures - 1))
      printf '%s\n' "$line" || full
      tasks=$((tasks + 1))
    done <"$file"
  done >"$RUN/todo"
}

# --- The manifest --------------------------------------------------------------------------------------------------

# Two forms of one table: a page, and a table for programs and spreadsheets.
write_manifest() {
  local page=$ROOT/manifest.html table=$ROOT/manifest.csv renamed='' broken=no put_rows=0 unchecked=''
  html "$ROOT"
  ((unverified + unlooked == 0)) || unchecked=" Checksums not checked: $((unverified + unlooked))."
  files "$seen_files"
  count "$there_files"
  volume "$there_bytes"
  {
    put '<!DOCTYPE html>'
    put '<html lang="en">'
    put '<head>'
    put '<meta charset="utf-8">'
    put "<title>Manifest of $html</title>"
    put '<style>'
    put 'body{font:14px/1.5 system-ui,sans-serif;margin:2rem;color-scheme:light dark}table{border-collapse:collapse}'
    put 'th,td{border:1px solid #8a94a0;padding:.3rem .6rem;text-align:left;vertical-align:top;overflow-wrap:anywhere}'
    put '</style>'
    put '</head>'
    put '<body>'
    put "<h1>$html</h1>"
    put "<p>$count of $files, $volume.$unchecked</p>"
    put '<table>'
    put '<thead><tr><th scope="col">URI</th><th scope="col">File</th><th scope="col">Access</th>'
    put '<th scope="col">Status</th><th scope="col">Logged In User</th></tr></thead>'
    put '<tbody>'
    put $'URI,File,Access,Status,Logged In User\r' >&6
    each_row manifest
    put '</tbody>'
    put '</table>'
    [[ -z $renamed ]] || put "<h2>Renamed</h2>"$'\n'"<ul>$renamed"$'\n'"</ul>"
    put '</body>'
    put '</html>'
  } >"$page.part" 6>"$table.part"
  # bash reads the list from a temporary file, which a full disk cuts short.
  ((put_rows == rows)) && [[ $broken = no ]] && mv -f "$page.part" "$page" && mv -f "$table.part" "$table"
}

put() { printf '%s\n' "$1" 2>/dev/null || broken=yes; }

manifest_row() {
  local name=${path##*/} result line='' cell
  noted "$first"
  if [[ -n $noted ]]; then
    result="FAILED: $noted"
  elif ((number != first)); then
    if [[ $signed_in = yes ]]; then
      result="Duplicate of file $name associated with $home"
    else
      result="Duplicate of file $name in folder $home"
    fi
  elif [[ $signed_in = yes ]]; then
    result=SUCCESS
  else
    result=OK
  fi
  if [[ $signed_in = yes ]]; then result="$path associated with $dataset ... $result"; fi
  html "$uri$TAB$path$TAB$access$TAB$result$TAB$user"
  put_rows=$((put_rows + 1))
  put "<tr><td>${html//$TAB/$CELL}</td></tr>"
  for cell in "$uri" "$path" "$access" "$result" "$user"; do
    csv "$cell"
    line+=,$csv
  done
  put "${line#,}"$'\r' >&6
  if ((number == first)) && [[ $was != - ]]; then
    html "$was is here as $path"
    renamed+=$'\n'"<li>$html</li>"
  fi
}

# --- The course of a run -------------------------------------------------------------------------------------------

# Writes the tasks into files, a batch in each. Small ones share a batch, as few that all workers have some. What was
# begun, and what has no byte and so makes curl write no file, is alone in one.
cut_batches() {
  local attempts best seen due place number size access sign sha256 md5 path url target part first_answer next_answer
  local from checked with_token shared=0 shared_files=0 shared_bytes=0 most=$((tasks / (jobs * 4) + 1))
  ((most <= MOST_TOGETHER)) || most=$MOST_TOGETHER
  batches=0
  while next_task; do
    if ((size == 0 || size > LARGE)) || [[ -f $part ]]; then
      batches=$((batches + 1))
      put_task >"$BATCHES/$batches.batch" || full
      continue
    fi
    if ((shared == 0 || shared_files >= most || shared_bytes + size > LARGE)); then
      batches=$((batches + 1)) shared=$batches shared_files=0 shared_bytes=0
    fi
    shared_files=$((shared_files + 1)) shared_bytes=$((shared_bytes + size))
    put_task >>"$BATCHES/$shared.batch" || full
  done 3<"$RUN/todo"
}

# Fetches what is in $RUN/todo.
fetch_all() {
  local worker process batches looks=0
  rm -rf "$BATCHES" "$RUN"/*.results "$RUN"/*.refused
  mkdir -p "$BATCHES" || full
  cut_batches
  exec 8> >(watch)
  for ((worker = 1; worker <= jobs && worker <= batches; worker++)); do
    launching=$RUN/$worker.worker
    work "$worker" 8>&- &
    printf '%s\n' "$!" >"$launching"
    launching=
  done
  # Not in one long wait, for the reason told at stop_workers.
  for worker in "$RUN"/*.worker; do
    while works "$worker"; do
      if ((++looks > 100)) || ! pause 0.1; then pause 1; fi
    done
  done
  echo over >&8
  exec 8>&-
  tally
}

# Adds up what the workers wrote down.
tally() {
  local file number size access sign sha256 md5 path checked reason attempts best seen due place rest known=() told=0
  local digest bytes_in
  for file in "$RUN"/*.results; do
    [[ -f $file ]] || continue
    while IFS=$TAB read -r number size checked reason; do
      # A full disk may have cut a line off.
      [[ ($checked = yes || $checked = no) && -n $reason ]] || continue
      told=$((told + 1))
      if [[ $reason != - ]]; then
        fail "$number" "$reason"
        continue
      fi
      there_files=$((there_files + 1)) there_bytes=$((there_bytes + size))
      [[ $checked = yes ]] || unverified=$((unverified + 1))
    done <"$file"
  done
  for file in "$RUN"/*.refused; do
    [[ -f $file ]] || continue
    while IFS= read -r rest; do refusals=$((refusals + 1)); done <"$file"
  done
  ((told != tasks)) || return 0
  # A file that was told of twice counts once. Of one that was not told of, as where a full disk took no note, counts
  # what is there.
  for file in "$RUN"/*.results; do
    [[ -f $file ]] || continue
    while IFS=$TAB read -r number size checked reason; do
      [[ ($checked = yes || $checked = no) && -n $reason ]] || continue
      if [[ -n ${known[number]-} && $reason = - ]]; then
        there_files=$((there_files - 1)) there_bytes=$((there_bytes - size))
      fi
      known[number]=yes
    done <"$file"
  done
  while IFS=$TAB read -r attempts best seen due place number size access sign sha256 md5 path rest; do
    [[ -z ${known[number]-} ]] || continue
    bytes_in "$ROOT/$path"
    if [[ -f $ROOT/$path ]] && ((bytes_in == size)) && matches_checksum "$ROOT/$path"; then
      there_files=$((there_files + 1)) there_bytes=$((there_bytes + size))
      [[ $checked = yes ]] || unverified=$((unverified + 1))
    else
      fail "$number" "a part of this run ended before it could tell of it; the disk may be full"
    fi
  done <"$RUN/todo"
}

list_row() {
  ((number == first)) || return 0
  seen_files=$((seen_files + 1))
  if [[ -z $only || $path =~ $only ]]; then wanted_files=$((wanted_files + 1)) && printf '%s\t%s\t%s\n' "$path" "$size" "$url" || exit 1; fi
}

failed_row() {
  ((number == first)) || return 0
  noted "$number"
  if [[ -n $noted && $noted != "$LEFT_OUT" ]]; then complain "  $path: $noted"; fi
}

# Makes a file that was not there, with this run's name in it.
make() { (set -C && printf '%s %s\n' "$machine" "$$" >"$1") 2>/dev/null; }

# Leaves whose lock it is in `host` and `process`.
holder() {
  host='' process=''
  { read -r host process <"$STATE/lock"; } 2>/dev/null
}

# Two runs in one folder would write into each other's files. The Python script looks at this lock, and makes it, too.
lock() {
  local host='' process='' stale worker waited=0 taken=no looks machine
  # A job on a cluster may have the HOSTNAME of the machine that it was sent from.
  machine=$(uname -n 2>/dev/null) || machine=${HOSTNAME-}
  until make "$STATE/lock"; do
    [[ -f $STATE/lock ]] || give_up "$STATE cannot be written to."
    holder
    # Between making it and writing into it are microseconds: who stopped there, or lost what was written, is gone.
    for ((looks = 1; looks <= 20; looks++)); do
      [[ -z $process && -f $STATE/lock ]] || break
      moment_later
      holder
    done
    [[ -f $STATE/lock ]] || continue
    if [[ -n $process && $host != "$machine" ]]; then
      give_up "A run on $host (process $process) is at work in $ROOT. It cannot be seen from here: if it has ended, remove $STATE/lock"
    fi
    if [[ -n $process && $process != "$$" ]] && alive "$process"; then
      give_up "Another run is at work in $ROOT (process $process on $host). If it is not, remove $STATE/lock"
    fi
    # Of several runs that find the lock of one that crashed, only the one that makes this file takes it away; and it
    # looks again, for one that was faster may have a lock of its own by now. It is there for a moment: after that
    # long, whoever made it is gone too.
    for ((looks = 1; looks <= 50; looks++)); do
      if make "$STATE/lock.taken"; then break; fi
      moment_later
    done
    if ((looks <= 50)); then
      stale=$process
      holder
      [[ $process != "$stale" ]] || rm -f "$STATE/lock"
    fi
    rm -f "$STATE/lock.taken"
    taken=yes
  done
  if [[ $taken = yes ]]; then
    # Should two have taken it at once after all, the one that came last has it.
    moment_later
    holder
    [[ $host = "$machine" && $process = "$$" ]] || give_up "Another run is just starting in $ROOT."
  fi
  trap 'rm -f "$STATE/lock"' EXIT
  trap 'interrupted 129' HUP
  trap 'interrupted 130' INT
  trap 'interrupted 143' TERM
  # Who listens may be gone, as after `| head`: what is at work is not to end half, with curls that nobody stops.
  trap '' PIPE
  # The workers of a run that was killed end within a moment.
  for worker in "$RUN"/*.worker; do
    while works "$worker"; do
      ((++waited <= 20)) || give_up "A part of an earlier run is still at work (process $process). If not, remove $worker"
      pause 1
    done
  done
  rm -rf "$RUN"
  mkdir "$RUN" || exit 2
}

# shellcheck disable=SC2329  # the traps call it
interrupted() {
  trap '' HUP INT TERM
  [[ -z $launching ]] || printf '%s\n' "$!" >"$launching"
  stop_workers
  stop_child
  # bash 3.2 leaves a terminal silent when its read is interrupted.
  [[ $asking = no ]] || stty echo </dev/tty 2>/dev/null
  { echo over >&8; } 2>/dev/null
  complain ""
  complain "Interrupted. What has come so far is kept: run this script again to go on."
  exit "$1"
}

help() {
  local token="None of them needs a token."
  files "$WITH_TOKEN"
  ((WITH_TOKEN == 0)) || token="$files under exclusive access may need a token: it is taken from MAST_API_TOKEN, else asked for."
  volume "$BYTES"
  files "$FILES"
  say "Usage: bash $0 [options]

Fetches $files ($volume) into $ROOT and writes there what
became of each, as manifest.html and manifest.csv.

  --output FOLDER  make $ROOT in this folder instead of the one you are in
  --only REGEX     only the files whose path, as --list prints it, matches this extended regular expression;
                   a dot in it stands for one byte, and so for a part of a letter like é
  --jobs N         how many connections to use at once (4)
  --tries N        how often a file is asked for before it counts as failed (5);
                   the archive can ask for a wait between two, of which at most $LONGEST_WAIT s are kept
  --list           only print path, size and address of each file
  --dry-run        only print what would be fetched; nothing is asked or written
  --verify         only check sizes and checksums of what is there; nothing is asked or written
  --help           only print this

$token
curl's own settings file is not read; the variables https_proxy and CURL_CA_BUNDLE work.
Exit status: 0 all files are there, 1 some are not, 2 the run could not start, 130 interrupted.
Trouble with a download? $CONTACT"
}

options() {
  while (($# > 0)); do
    case $1 in
      --output) [[ -n ${2-} ]] || give_up "--output needs a folder."; output=$2; shift ;;
      --jobs) [[ ${2-} =~ ^([1-9]|[12][0-9]|3[0-2])$ ]] || give_up "--jobs needs a number from 1 to 32."; jobs=$2; shift ;;
      --tries) [[ ${2-} =~ ^[1-9][0-9]{0,3}$ ]] || give_up "--tries needs a number from 1 on."; tries=$2; shift ;;
      --only)
        [[ -n ${2-} ]] || give_up "--only needs a regular expression."
        only=$2
        [[ x =~ $only ]] 2>/dev/null
        (($? != 2)) || give_up "--only: this is no extended regular expression: $only"
        shift
        ;;
      --list | --dry-run | --verify)
        [[ $deed = fetch || --$deed = "$1" ]] || give_up "--$deed and $1 do not go together."
        deed=${1#--}
        ;;
      --help | -h) help; end_well ;;
      --token-at-9) ;;
      *) give_up "There is no option $1; --help tells which there are." ;;
    esac
    shift
  done
}

check_curl() {
  local version='' pattern='^curl ([0-9]+)\.([0-9]+)'
  version=$(curl --version 2>/dev/null)
  [[ $version =~ $pattern ]] || give_up "This script needs curl, and there is none."
  ((BASH_REMATCH[1] * 1000 + BASH_REMATCH[2] >= 7058)) ||
    give_up "This script needs curl 7.58 or newer; this is ${BASH_REMATCH[1]}.${BASH_REMATCH[2]}."
}

# What stood in the environment at the start stays in the memory of a process, where its owner's other processes, and
# those that it copies itself into, show it. So a new bash takes over, that gets the token through a pipe.
hide_token() {
  if [[ ${1-} = --token-at-9 ]]; then
    IFS= read -r -d '' secret <&9
    exec 9<&-
  elif [[ -n $secret && -f $0 ]]; then
    ((WITH_TOKEN > 0)) || secret=
    exec "$BASH" "$0" --token-at-9 "$@" 9< <(printf '%s' "$secret")
  elif [[ -n $secret ]] && ((WITH_TOKEN > 0)); then
    give_up "With MAST_API_TOKEN set, this script must be run from a file of its own: only so it can hide the token from others."
  fi
}

main() {
  trap - EXIT
  hide_token "$@"
  options "$@"
  case $deed in
    list)
      each_row list
      tell_lost
      tell_unmatched
      ((seen_files == FILES && (wanted_files > 0 || FILES == 0))) || exit 1
      exit 0
      ;;
    fetch) check_curl ;;
  esac
  # To cd, a dash alone is the folder before this one.
  [[ $output != - ]] || output=./-
  cd -- "$output" || exit 2
  [[ $deed = fetch ]] || only_look
  look_in_the_way
  mkdir -p "$STATE" || exit 2
  lock
  # bash keeps the list of files in a temporary file while it reads it.
  TMPDIR=$RUN
  # A manifest of an earlier run would not tell the truth about this one.
  rm -f "$ROOT/manifest.html" "$ROOT/manifest.csv"
  # A million files are looked at for minutes.
  files "$FILES"
  ((FILES < 50000)) || say "Looking what is there of $files."
  look 9>"$RUN/todo"
  if ((seen_files != FILES)); then
    tell_lost
    exit 1
  fi
  if ((wanted_files == 0 && FILES > 0)); then
    tell_unmatched
    rm -rf "$RUN"
    exit 1
  fi
  if ((there_files > 0)); then
    files "$there_files"
    say "Already there: $files"
  fi
  sign_in
  if ((tasks > 0)); then
    fetch_all
    while renew; do fetch_all; done
  fi
  write_manifest || { complain "$ROOT/manifest.html could not be written; the disk may be full."; exit 1; }
  finish
}

# What stands where this script writes must be its own: links lead elsewhere, and a folder takes in what is moved there.
look_in_the_way() {
  local name
  for name in "$STATE" "$RUN" "$ROOT/manifest.html.part" "$ROOT/manifest.csv.part"; do
    [[ ! -L $name ]] || give_up "$name is in the way: a link where this script writes. Take it away."
  done
  for name in "$ROOT/manifest.html" "$ROOT/manifest.csv"; do
    [[ ! -d $name && ! -d $name.part ]] || give_up "$name is in the way: a folder where this script writes. Take it away."
  done
}

# --dry-run and --verify.
only_look() {
  look
  tell_unmatched
  ((wanted_files > 0 || FILES == 0)) || exit 1
  files "$there_files"
  volume "$there_bytes"
  say "There: $files, $volume"
  tell_left_out
  if [[ $deed = dry-run ]]; then
    files "$tasks"
    volume "$task_bytes"
    say "To fetch: $files, $volume"
    tell_failed "Cannot be fetched:"
    ((seen_files == FILES)) || exit 1
    end_well
  fi
  tell_failed "Not there, or not right:"
  if ((there_files + left_files == FILES && seen_files == FILES)); then end_well; fi
  exit 1
}

# The summary, and the exit status.
finish() {
  files "$FILES"
  count "$there_files"
  volume "$there_bytes"
  say "In $ROOT: $count of $files, $volume. What became of each is in $ROOT/manifest.html"
  tell_left_out
  rm -rf "$RUN"
  if ((there_files + left_files == FILES && failures == 0)); then
    ((left_files > 0)) || rm -rf "$STATE"
    end_well
  fi
  tell_failed "Not there:"
  complain "Run this script again to try these once more. Trouble with a download? $CONTACT"
  exit 1
}

# The end of a run in which all went well. Whoever could not be told so is not to think it.
end_well() {
  [[ $untold = yes ]] || exit 0
  complain "What this script had to tell could not be printed."
  exit 1
}

tell_left_out() {
  ((unverified == 0)) || say "Checksums not checked for want of a tool like sha256sum or md5sum: $unverified"
  ((unlooked == 0)) || say "Checksums not checked because of --only: $unlooked"
  files "$left_files"
  ((left_files == 0)) || say "Left out by --only: $files"
}

tell_lost() {
  ((seen_files == FILES)) || complain \
    "This script was made with $FILES files, of which $seen_files could be read: it has lost some, or the disk is full."
}

tell_unmatched() {
  ((wanted_files > 0 || FILES == 0)) || complain "--only: no path of the list matches $only; --list tells them all."
}

tell_failed() {
  tell_lost
  if ((failures > 0)); then
    complain "$1"
    each_row failed
  fi
}

# --- The files -----------------------------------------------------------------------------------------------------

# One line for each row of the manifest, thirteen fields with a tab between them:
#   number, number of the first row of the same file, size in bytes, access, token or -, SHA-256 or -, MD5 or -, path,
#   dataset, dataset of the first row, URI, the archive's own path where that was changed or -, address or why there is
#   none
each_row() {
  local number first size access sign sha256 md5 path dataset home uri was url
  while IFS=$TAB read -r number first size access sign sha256 md5 path dataset home uri was url <&3; do
    case $1 in
      size) size_row ;;
      look) look_row ;;
      list) list_row ;;
      manifest) manifest_row ;;
      failed) failed_row ;;
    esac
  done 3<<'END_OF_LIST'
@LIST@
END_OF_LIST
}

if :; then main "$@"; fi
