#!/usr/bin/env bash
#
# Fetches the files that were chosen in a download overlay into the folder MAST_2026-11-22T07_17_20.000Z.
# 3 files, 5.763 MB, 1 file under exclusive access.
# Made 2026-11-22 07:17:20 UTC by download-overlay 0.1.0.
#
#   bash MAST_2026-11-22T07_17_20.000Z_api_retrieve.sh          fetch what is missing, into the folder you are in
#   bash MAST_2026-11-22T07_17_20.000Z_api_retrieve.sh --help   tell the options
#
# It needs bash 3.2 or newer, curl 7.58 or newer, and the mkdir, mv, rm, wc, sleep and stty of any system.
# Run it again after an interruption or a failure: what is complete is not asked for again, and what was cut off goes on
# where it stopped. It exits with 0 only when every file is there with the size (and checksum) of the list.
#
# How to read it: settings; small helpers; one request; one file; signing in; the manifest; the course of a run.
# The list of files stands at the end and is only ever read as text. All that is written goes into
# MAST_2026-11-22T07_17_20.000Z.

if [ -z "${BASH_VERSION-}" ]; then
  echo "This script needs bash: run it as  bash $0" >&2
  exit 2
fi
if ((BASH_VERSINFO[0] * 100 + BASH_VERSINFO[1] < 302)); then
  echo "This script needs bash 3.2 or newer; this is $BASH_VERSION." >&2
  exit 2
fi

# Settings that come from outside must not change what follows, and neither a trace (-x) nor variables that are exported
# without being asked (-a) may give the token away.
set +aefvxC -u
shopt -u nocasematch
# From bash 5.2 on, & in a replacement would stand for what was matched.
shopt -u patsub_replacement 2>/dev/null
unset CDPATH secret
# Names are bytes here, whatever the language of the terminal.
LC_ALL=C

# --- Settings ------------------------------------------------------------------------------------------------------

readonly ROOT=MAST_2026-11-22T07_17_20.000Z
readonly FILES=3 BYTES=5763392 WITH_TOKEN=1
readonly TOKEN_PAGE=https://archive.example.org/token
readonly WHOAMI=https://archive.example.org/whoami
readonly CONTACT=help@example.org
readonly AGENT=download-overlay/0.1.0
# Work under way. No file of the list can have a name that begins with a dot.
readonly STATE=$ROOT/.state
readonly LONGEST_WAIT=300 MOST_REDIRECTS=10 CURL_TOO_MANY_REDIRECTS=47 CURL_NO_RANGES=33
readonly TAB=$'\t' CELL='</td><td>'

output=.        # --output
tries=5         # --tries
secret=${MAST_API_TOKEN-}  # the token: in this variable and in a pipe to curl, nowhere else
unset MAST_API_TOKEN       # from here on no program that this script starts can see it
user=anonymous
signed_in=no
child=          # the process that is waited for
asking=no       # while the terminal shows nothing of what is typed
seen_files=0 there_files=0 there_bytes=0 unverified=0
failed=()       # number of a file in the list -> why it is not there

# --- Helpers: what they work out is left in a variable of their name, since $(...) would cost a process each time --

say() { printf '%s\n' "$1"; }
complain() { printf '%s\n' "$1" >&2; }
give_up() { complain "$1"; exit 2; }

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

# Scheme, host and port of an address, as far as the first / ? or #.
origin() {
  local rest=${1#*://}
  origin=${1%%://*}://${rest%%[/?#]*}
}

html() {
  html=${1//&/&amp;}
  html=${html//</&lt;}
  html=${html//>/&gt;}
}

bytes_in() {
  bytes_in=0
  if [[ -f $1 ]]; then bytes_in=$(wc -c <"$1") && bytes_in=$((bytes_in)); fi
}

# Waits for a process in such a way that Ctrl-C and TERM are heard at once.
await() {
  child=$!
  wait "$child"
  local status=$?
  child=
  return "$status"
}

pause() {
  sleep "$1" &
  await
}

# --- One request ---------------------------------------------------------------------------------------------------

# One question to one server; the answer's body goes to the file $2 from byte $3 on, its headers to the file $4.
# Leaves the exit status of curl in `status`, that of HTTP in `code`, `redirect` and curl's own words in `message`.
# There is no --fail in it: with that, older ones do not read the headers of a failure, and so miss Retry-After. When
# curl goes on from byte $3, it writes nothing but what the server calls the bytes from there on.
# The token, when $5 says so, reaches curl through a pipe: arguments and environments can be read by other users, and
# here-strings are written to disk by bash before 5.1.
request() {
  local url=$1 body=$2 from=$3 headers=$4 with_token=$5 line
  local options=(
    -q --globoff --silent --show-error --proto '=http,https'
    --connect-timeout 30 --speed-limit 1 --speed-time 60 --user-agent "$AGENT"
    --location --max-redirs 0
    --output "$body" --dump-header "$headers" --write-out '%{http_code} %{redirect_url}\n'
  )
  if ((from > 0)); then options+=(--continue-at "$from" --header "If-Range: $validator"); fi
  if [[ $with_token = yes ]]; then
    printf 'Authorization: token %s\n' "$secret" |
      curl "${options[@]}" --header @- --url "$url" >"$STATE/said" 2>"$STATE/complaint" &
  else
    curl "${options[@]}" --url "$url" </dev/null >"$STATE/said" 2>"$STATE/complaint" &
  fi
  await
  status=$?
  code='' redirect='' message=''
  read -r code redirect <"$STATE/said"
  while IFS= read -r line; do
    [[ $line = "curl: ("* ]] && message=${line#curl: (*) }
  done <"$STATE/complaint"
  message=${message//[[:cntrl:]]/ }
  [[ -n $message ]] || message="curl ended without a word"
}

# As request, along redirects. They are followed here because curl before 7.83 takes a header of ours along to another
# port or to plain http of the same host; the token goes no further than the origin that it is meant for.
ask() {
  local url=$1 body=$2 from=$3 headers=$4 with_token=$5 home hops=0
  origin "$url"
  home=$origin
  while request "$url" "$body" "$from" "$headers" "$with_token"; ((status == CURL_TOO_MANY_REDIRECTS)); do
    ((++hops <= MOST_REDIRECTS)) || { message="more than $MOST_REDIRECTS redirects"; return; }
    case $redirect in
      https://*) ;;
      http://*) [[ $url = http://* ]] || { message="redirected from https to http"; return; } ;;
      *) message="redirected to no web address"; return ;;
    esac
    url=$redirect
    origin "$url"
    [[ $origin = "$home" ]] || with_token=no
  done
}

# What the last block of headers in the file $1 says: a strong `etag`, else the date, is what a later part of the file
# can be tied to (RFC 9110, If-Range); `framed` tells whether the end of the body is marked.
headers_in() {
  local line name value answered=''
  etag='' validator='' retry_after='' framed=no
  [[ -f $1 ]] || return 0
  while IFS= read -r line; do
    line=${line%$'\r'}
    name=${line%%:*} value=${line#*:}
    value=${value#"${value%%[! ]*}"}
    case $name in
      HTTP/*) etag='' validator='' retry_after='' framed=no answered=${line#* } ;;
      [Ee][Tt][Aa][Gg]) [[ $value = W/* ]] || etag=$value validator=$value ;;
      [Ll][Aa][Ss][Tt]-[Mm][Oo][Dd][Ii][Ff][Ii][Ee][Dd]) [[ -n $validator ]] || validator=$value ;;
      [Rr][Ee][Tt][Rr][Yy]-[Aa][Ff][Tt][Ee][Rr]) retry_after=$value ;;
      [Cc][Oo][Nn][Tt][Ee][Nn][Tt]-[Ll][Ee][Nn][Gg][Tt][Hh]) framed=yes ;;
      [Tt][Rr][Aa][Nn][Ss][Ff][Ee][Rr]-[Ee][Nn][Cc][Oo][Dd][Ii][Nn][Gg]) framed=yes ;;
    esac
  done <"$1"
  # What an error page is tied to says nothing of the file.
  [[ ${answered%% *} = 20[06] ]] || etag='' validator=''
}

# --- One file: $path, $size and so on are the fields of its line in the list ---------------------------------------

# Fetches the file to $part and moves it to $target; `reason` says why it is not there, else is empty.
obtain() {
  local part=$target.part first_answer=$STATE/$number.first next_answer=$STATE/$number.next
  local attempt=0 best=0 seen='' wait=1 verdict
  case $url in http://* | https://*) ;; *) reason=$url; return ;; esac
  [[ ! -d $target ]] || { reason="a folder of that name is in the way"; return; }
  mkdir -p "${target%/*}" 2>/dev/null || { reason="the folder ${target%/*} cannot be made"; return; }
  while ((++attempt <= tries)); do
    try_once
    [[ $verdict = again ]] || break
    # A transfer that got further by a megabyte or more is no failed attempt.
    bytes_in "$part"
    if ((bytes_in >= best + 1000000)); then attempt=0 best=$bytes_in wait=1; fi
    ((attempt < tries)) || break
    [[ $retry_after =~ ^[0-9]{1,6}$ ]] && ((10#$retry_after > wait)) && wait=$((10#$retry_after))
    ((wait <= LONGEST_WAIT)) || wait=$LONGEST_WAIT
    pause "$wait"
    wait=$((wait * 2))
  done
  if [[ -z $reason ]]; then rm -f "$first_answer" "$next_answer"; fi
}

# One attempt, from where the last one stopped. `verdict` is there, again or never.
try_once() {
  local from=0 tie with_token=no
  headers_in "$first_answer"
  bytes_in "$part"
  answer=$first_answer tie=$etag verdict=again
  if ((bytes_in > 0 && bytes_in == size)) && [[ -n $validator ]]; then
    # All came, and then the connection or the run ended badly.
    examine
    return
  elif ((bytes_in > 0 && bytes_in < size)) && [[ -n $validator ]]; then
    from=$bytes_in answer=$next_answer
  else
    forget
  fi
  if ((size == 0)); then : >"$part"; fi
  if [[ $sign = token && -n $secret ]]; then with_token=yes; fi
  ask "$url" "$part" "$from" "$answer" "$with_token"
  headers_in "$answer"
  case $code in
    4?? | 5??) refused; return ;;
  esac
  case $status in
    0) examine ;;
    "$CURL_NO_RANGES")
      forget
      reason="the archive did not send it from byte $from on"
      ;;
    # What no second attempt cures: bad address, full disk, no memory, certificates, redirects.
    1 | 3 | 23 | 27 | 51 | 58 | 59 | 60 | 77 | "$CURL_TOO_MANY_REDIRECTS")
      verdict=never reason="$message (curl $status)"
      ;;
    *) reason="$message (curl $status)" ;;
  esac
}

# Judges an answer that says no; what came with it is no part of the file.
refused() {
  if ((from == 0)) || [[ $code = 416 ]]; then forget; fi
  reason="the archive answered $code"
  case $code in
    408 | 416 | 425 | 429 | 5??) return ;;
    401 | 403)
      reason="the archive refused it ($code)"
      if [[ $with_token = yes ]]; then
        reason+=": this token may not have it, or has ended"
      elif [[ $access != PUBLIC ]]; then
        reason+=": it needs a token"
      fi
      ;;
    404 | 410) reason="the archive does not have it ($code)" ;;
  esac
  verdict=never
}

# Throws away what came so far.
forget() {
  rm -f "$part" "$first_answer" "$next_answer"
  etag=''
}

# Judges an answer that ended well: size, then checksum, then a look whether it is an error page after all.
examine() {
  local page=no start='' digest=''
  bytes_in "$part"
  if [[ -f $part ]]; then IFS= read -r -n 9 start <"$part"; fi
  case $start in '<!DOCTYPE' | '<!doctype' | '<html'* | '<HTML'* | '<?xml'* | '<Error'*) page=yes ;; esac
  if ((from > 0)) && [[ -n $tie && -n $etag && $tie != "$etag" ]]; then
    reason="the file changed in the archive while it was fetched"
    forget
  elif ((bytes_in != size)); then
    reason="the list says $size bytes, $bytes_in came"
    [[ $page = no ]] || reason="a web page or an error message came in its place"
    [[ $seen != "$bytes_in" ]] || verdict=never
    seen=$bytes_in
    # A connection that just closed may have been cut; all else of the wrong size is something else.
    if ((bytes_in > size)) || [[ $framed = yes || $page = yes ]]; then forget; fi
  elif ! matches_checksum; then
    [[ $seen != "$digest" ]] || verdict=never
    seen=$digest
    forget
  elif [[ $page = yes && $path = *.[Ff][Ii][Tt][Ss] && -z $digest ]]; then
    reason="a web page or an error message came in its place"
    forget
  elif ! mv -f "$part" "$target"; then
    verdict=never reason="it could not be given its name"
  else
    verdict=there reason=''
  fi
}

# Whether $part has the list's checksum, as far as there is one and a tool for it; leaves `digest`, and `reason` if not.
matches_checksum() {
  if [[ $sha256 != - ]] && command -v sha256sum >/dev/null; then
    digest=$(sha256sum <"$part")
  elif [[ $sha256 != - ]] && command -v shasum >/dev/null; then
    digest=$(shasum -a 256 <"$part")
  elif [[ $md5 != - ]] && command -v md5sum >/dev/null; then
    digest=$(md5sum <"$part")
  elif [[ $md5 != - ]] && command -v md5 >/dev/null; then
    digest=$(md5 -q <"$part")
  else
    [[ $sha256$md5 = -- ]] || unverified=$((unverified + 1))
    return 0
  fi
  digest=${digest%% *}
  [[ $digest = "$sha256" || $digest = "$md5" ]] && return 0
  reason="its checksum is $digest, not the one in the list"
  return 1
}

# --- Signing in ----------------------------------------------------------------------------------------------------

# Leaves the token in `secret` and the name that the archive knows it by in `user`.
sign_in() {
  local asked=0
  ((WITH_TOKEN > 0)) || return 0
  files "$WITH_TOKEN"
  if [[ -n $secret ]]; then
    who_am_i || complain "The token in MAST_API_TOKEN is not one that the archive knows. It may have ended."
  elif { : </dev/tty; } 2>/dev/null; then
    complain "$files of this list may need a token. You can make one at $TOKEN_PAGE"
    while [[ $signed_in = no ]] && ((++asked <= 3)); do
      asking=yes
      IFS= read -r -s -p "Token (it is not shown; Enter goes on without): " secret </dev/tty
      asking=no
      complain ""
      [[ -n $secret ]] || break
      who_am_i || complain "The archive does not know this token. It may have ended."
    done
  fi
  if [[ $signed_in = no ]]; then
    secret=
    complain "Going on without a token: $files of this list may be refused. A token can also stand in MAST_API_TOKEN."
  fi
}

# Asks the archive whose token it is; fails when the archive does not know it.
who_am_i() {
  local answer='' pattern='"ezid"[[:space:]]*:[[:space:]]*"([^"]*)"' body=$STATE/whoami validator=''
  # Only what can stand in a header: a line break would make two of it.
  case $secret in *[!!-~]*) secret=; return 1 ;; esac
  user=unknown signed_in=yes
  [[ -n $WHOAMI ]] || return 0
  ask "$WHOAMI" "$body" 0 "$STATE/whoami.headers" yes
  if ((status == 0)) && [[ $code = 200 ]]; then
    IFS= read -r -d '' -n 65536 answer <"$body"
    if [[ $answer =~ $pattern ]]; then user=${BASH_REMATCH[1]//[[:cntrl:]]/ }; fi
  elif [[ $code != 401 && $code != 403 ]]; then
    complain "The archive could not be asked whose token it is (curl $status, HTTP $code)."
  fi
  rm -f "$body" "$STATE/whoami.headers"
  if [[ $user = anonymous || $code = 401 || $code = 403 ]]; then
    user=anonymous signed_in=no secret=
    return 1
  fi
}

# --- The manifest --------------------------------------------------------------------------------------------------

write_manifest() {
  local page=$ROOT/manifest.html renamed='' broken=no
  html "$ROOT"
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
    put "<p>$count of $files, $volume.</p>"
    put '<table>'
    put '<thead><tr><th scope="col">URI</th><th scope="col">File</th><th scope="col">Access</th>'
    put '<th scope="col">Status</th><th scope="col">Logged In User</th></tr></thead>'
    put '<tbody>'
    each_row manifest
    put '</tbody>'
    put '</table>'
    [[ -z $renamed ]] || put "<h2>Renamed</h2>"$'\n'"<ul>$renamed"$'\n'"</ul>"
    put '</body>'
    put '</html>'
  } >"$page.part"
  [[ $broken = no ]] && mv -f "$page.part" "$page"
}

put() { printf '%s\n' "$1" 2>/dev/null || broken=yes; }

manifest_row() {
  local name=${path##*/} reason=${failed[first]-} result
  if [[ -n $reason ]]; then
    result="FAILED: $reason"
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
  put "<tr><td>${html//$TAB/$CELL}</td></tr>"
  if ((number == first)) && [[ $was != - ]]; then
    html "$was is here as $path"
    renamed+=$'\n'"<li>$html</li>"
  fi
}

# --- The course of a run -------------------------------------------------------------------------------------------

fetch_row() {
  ((number == first)) || return 0
  local target=$ROOT/$path part=$ROOT/$path digest='' answer='' reason='' status code redirect message etag validator retry_after framed
  seen_files=$((seen_files + 1))
  volume "$size"
  printf '[%d/%d] %s, %s: ' "$seen_files" "$FILES" "$path" "$volume"
  bytes_in "$target"
  if [[ -f $target ]] && ((bytes_in == size)) && matches_checksum; then
    say "already there"
  else
    reason=''
    obtain
    if [[ -z $reason ]]; then say "OK"; else say "FAILED: $reason"; fi
  fi
  if [[ -z $reason ]]; then
    there_files=$((there_files + 1)) there_bytes=$((there_bytes + size))
  else
    failed[number]=$reason
  fi
}

list_row() {
  if ((number == first)); then printf '%s\t%s\t%s\n' "$path" "$size" "$url"; fi
}

failed_row() {
  if ((number == first)) && [[ -n ${failed[number]-} ]]; then complain "  $path: ${failed[number]}"; fi
}

# Two runs in one folder would write into each other's files.
lock() {
  local host='' process=''
  until (set -C && printf '%s %s\n' "${HOSTNAME-}" "$$" >"$STATE/lock") 2>/dev/null; do
    [[ -f $STATE/lock ]] || give_up "$STATE cannot be written to."
    read -r host process <"$STATE/lock"
    if [[ $host != "${HOSTNAME-}" ]] || { [[ $process != "$$" ]] && kill -0 "$process" 2>/dev/null; }; then
      give_up "Another run is at work in $ROOT (process $process on $host). If it is not, remove $STATE/lock"
    fi
    rm -f "$STATE/lock"
  done
  trap 'rm -f "$STATE/lock" "$STATE/said" "$STATE/complaint"' EXIT
  trap 'interrupted 129' HUP
  trap 'interrupted 130' INT
  trap 'interrupted 143' TERM
}

# shellcheck disable=SC2329  # the traps call it
interrupted() {
  trap '' HUP INT TERM
  if [[ -n $child ]]; then
    kill "$child" 2>/dev/null
    wait "$child" 2>/dev/null
  fi
  # bash 3.2 leaves a terminal silent when its read is interrupted.
  [[ $asking = no ]] || stty echo </dev/tty 2>/dev/null
  complain ""
  complain "Interrupted. What has come so far is kept: run this script again to go on."
  exit "$1"
}

help() {
  volume "$BYTES"
  files "$FILES"
  say "Usage: bash $0 [--output FOLDER] [--tries N] [--list] [--help]

Fetches $files ($volume) into $ROOT and writes $ROOT/manifest.html.

  --output FOLDER   make $ROOT in this folder instead of the one you are in
  --tries N         how often a file is asked for before it counts as failed (5)
  --list            only print path, size and address of each file
  --help            only print this

Files under exclusive access need a token: it is taken from MAST_API_TOKEN, else asked for.
curl's own settings file is not read; the variables https_proxy and CURL_CA_BUNDLE work.
Exit status: 0 all files are there, 1 some are not, 2 the run could not start, 130 interrupted.
Trouble with a download? $CONTACT"
}

options() {
  while (($# > 0)); do
    case $1 in
      --output) [[ -n ${2-} ]] || give_up "--output needs a folder."; output=$2; shift ;;
      --tries) [[ ${2-} =~ ^[1-9][0-9]{0,3}$ ]] || give_up "--tries needs a number from 1 on."; tries=$2; shift ;;
      --list) each_row list; exit 0 ;;
      --help | -h) help; exit 0 ;;
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

main() {
  options "$@"
  check_curl
  cd -- "$output" || exit 2
  mkdir -p "$STATE" || exit 2
  lock
  # bash keeps the list of files in a temporary file while it reads it.
  TMPDIR=$STATE
  # A manifest of an earlier run would not tell the truth about this one.
  rm -f "$ROOT/manifest.html"
  sign_in
  each_row fetch
  write_manifest || { complain "$ROOT/manifest.html could not be written."; exit 1; }
  finish
}

# The summary, and the exit status.
finish() {
  files "$FILES"
  count "$there_files"
  volume "$there_bytes"
  say "In $ROOT: $count of $files, $volume. What became of each is in $ROOT/manifest.html"
  ((unverified == 0)) || say "Checksums not checked for want of a tool like sha256sum or md5sum: $unverified"
  if ((there_files == FILES && seen_files == FILES)); then
    rm -rf "$STATE"
    exit 0
  fi
  ((seen_files == FILES)) || complain "This script was made with $FILES files and has $seen_files."
  if ((${#failed[@]} > 0)); then
    complain "Not there:"
    each_row failed
    complain "Run this script again to try these once more. Trouble with a download? $CONTACT"
  fi
  exit 1
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
      fetch) fetch_row ;;
      list) list_row ;;
      manifest) manifest_row ;;
      failed) failed_row ;;
    esac
  done 3<<'END_OF_LIST'
1	1	512	PUBLIC	-	-	d41d8cd98f00b204e9800998ecf8427e	JWST/jw90001-o001/jw90001_pool.csv	jw90001-o001	jw90001-o001	mast:JWST/product/jw90001_pool.csv	-	https://archive.example.org/get?name=jw90001-o001%2Fjw90001_pool.csv
2	2	5760000	EXCLUSIVE_ACCESS	token	abababababababababababababababababababababababababababababababab	-	JWST/jw90001-o001/jw90001001001_cal.fits	jw90001-o001	jw90001-o001	mast:JWST/product/jw90001001001_cal.fits	-	https://archive.example.org/get?name=jw90001-o001%2Fjw90001001001_cal.fits
3	1	512	PUBLIC	-	-	d41d8cd98f00b204e9800998ecf8427e	JWST/jw90001-o001/jw90001_pool.csv	jw90001-o002	jw90001-o001	mast:JWST/product/jw90001_pool.csv	-	-
4	4	2880	PUBLIC	-	-	-	HST/visit/it's $HOME_.fits	visit	visit	mast:HST/product/it's $HOME?.fits	HST/visit/it's $HOME?.fits	the list gives no address for it
END_OF_LIST
}

main "$@"
