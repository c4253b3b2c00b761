@HEADING@
#
#   powershell -ExecutionPolicy Bypass -File @ROOT@_retrieve.ps1    (or pwsh -File ...)
#
# It needs Windows PowerShell 5.1 or PowerShell 7 and nothing else. It fetches what is missing into the folder @ROOT@
# in the folder you are in. Run it again after an interruption or a failure: what is complete is not asked for again, and
# what was cut off goes on where it stopped. It exits with 0 only when every file is there with the size (and checksum) of
# the list, and writes manifest.html and manifest.csv from what happened. One file comes after the other.
#
#   -Output FOLDER  make the folder in this one instead of the one you are in
#   -Only REGEX     only the files whose path, as -List prints it, matches this regular expression
#   -Tries N        how often a file is asked for before it counts as failed (5)
#   -List           only print path, size and address of each file
#   -Verify         only check sizes and checksums of what is there; nothing is asked or written
#
# The list of files stands in a literal here-string and is only ever read as text: fields with tabs between them, names
# percent-encoded.

param(
    [string]$Output = '.',
    [string]$Only = '',
    [ValidateRange(1, 999)][int]$Tries = 5,
    [switch]$List,
    [switch]$Verify
)

Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'
Add-Type -AssemblyName System.Net.Http
# Windows PowerShell does not ask for TLS 1.2 by itself on older systems.
[Net.ServicePointManager]::SecurityProtocol = [Net.ServicePointManager]::SecurityProtocol -bor [Net.SecurityProtocolType]::Tls12

$Root = @ROOT_WORD@
$FileCount = @FILES@
$RowCount = @ROWS@
$WithToken = @WITH_TOKEN@
$TokenPage = @TOKEN_PAGE@
$Contact = @CONTACT@
$Agent = @AGENT@
$Passing = @(408, 416, 425, 429, 500, 502, 503, 504)

# Number, number of the first row of the same file, size in bytes, access, token or -, SHA-256 or -, MD5 or -, path,
# dataset, dataset of the first row, URI, address or -, why there is none.
$Lines = @'
@LIST@
'@

function ConvertFrom-Line([string]$Line) {
    $f = $Line.Split("`t")
    [pscustomobject]@{
        Number = [int]$f[0]; First = [int]$f[1]; Size = [long]$f[2]; Access = $f[3]; Token = $f[4] -eq 'token'
        Sha256 = $f[5]; Md5 = $f[6]; Path = [Uri]::UnescapeDataString($f[7]); Dataset = [Uri]::UnescapeDataString($f[8])
        Home = [Uri]::UnescapeDataString($f[9]); Uri = [Uri]::UnescapeDataString($f[10]); Url = $f[11]
        Problem = [Uri]::UnescapeDataString($f[12])
    }
}

# Where a path of the list is here; Windows takes more than 260 characters only in this form.
function Get-Place([string]$Path) {
    $place = [IO.Path]::GetFullPath([IO.Path]::Combine($Base, $Root, $Path))
    if ($env:OS -eq 'Windows_NT') { '\\?\' + $place } else { $place }
}

function Get-Size([string]$Place) {
    if ([IO.File]::Exists($Place)) { (New-Object IO.FileInfo($Place)).Length } else { [long]-1 }
}

function Test-Digest($Row, [string]$Place) {
    if ($Row.Sha256 -ne '-') { $expected = $Row.Sha256; $hash = [Security.Cryptography.SHA256]::Create() }
    elseif ($Row.Md5 -ne '-') { $expected = $Row.Md5; $hash = [Security.Cryptography.MD5]::Create() }
    else { return '' }
    $stream = [IO.File]::OpenRead($Place)
    try { $found = [BitConverter]::ToString($hash.ComputeHash($stream)).Replace('-', '').ToLowerInvariant() }
    finally { $stream.Dispose(); $hash.Dispose() }
    if ($found -eq $expected) { '' } else { "its checksum is $found, not the one in the list" }
}

# Why the file in its place is not the one of the list; nothing for one that is.
function Test-Row($Row) {
    $place = Get-Place $Row.Path
    $have = Get-Size $place
    if ($have -lt 0) { 'it is not there' }
    elseif ($have -ne $Row.Size) { "it has $have bytes instead of $($Row.Size)" }
    else { Test-Digest $Row $place }
}

function Get-Origin([Uri]$Address) { $Address.GetLeftPart([UriPartial]::Authority).ToLowerInvariant() }

# Which part of the net a number of it is in (RFC 6890).
function Get-ZoneOfNumber([Net.IPAddress]$Number) {
    if ($Number.IsIPv4MappedToIPv6) { $Number = $Number.MapToIPv4() }
    if ([Net.IPAddress]::IsLoopback($Number)) { return 'this machine' }
    $b = $Number.GetAddressBytes()
    if ($b.Length -eq 16) {
        $second = $b[2] * 256 + $b[3]
        $odd = ($b[0] -eq 0x20 -and $b[1] -eq 2) -or ($b[0] -eq 0x3f -and $b[1] -eq 0xff) -or
            ($b[0] -eq 0x20 -and $b[1] -eq 1 -and ($second -lt 0x200 -or $second -eq 0xdb8))
        if ($b[0] -ge 0x20 -and $b[0] -lt 0x40 -and -not $odd) { return 'public' }
        return 'of no plain form'
    }
    if ($b[0] -eq 10 -or ($b[0] -eq 172 -and $b[1] -ge 16 -and $b[1] -le 31) -or ($b[0] -eq 192 -and $b[1] -eq 168)) {
        return 'not open to all'
    }
    $odd = $b[0] -eq 0 -or $b[0] -ge 224 -or ($b[0] -eq 100 -and $b[1] -ge 64 -and $b[1] -le 127) -or
        ($b[0] -eq 169 -and $b[1] -eq 254) -or ($b[0] -eq 192 -and $b[1] -eq 0 -and @(0, 2) -contains $b[2]) -or
        ($b[0] -eq 192 -and $b[1] -eq 88 -and $b[2] -eq 99) -or ($b[0] -eq 198 -and @(18, 19) -contains $b[1]) -or
        ($b[0] -eq 198 -and $b[1] -eq 51 -and $b[2] -eq 100) -or ($b[0] -eq 203 -and $b[1] -eq 0 -and $b[2] -eq 113)
    if ($odd) { 'of no plain form' } else { 'public' }
}

# The parts of the net that an address leads to, by its name and by what the name stands for, where that can be known
# here: behind a proxy it may not be.
function Get-Zone([Uri]$Address) {
    $name = $Address.DnsSafeHost.TrimEnd('.')
    $number = $null
    if ([Net.IPAddress]::TryParse($name, [ref]$number)) { return Get-ZoneOfNumber $number }
    if ($name -match '^(.*\.)?localhost$') { return 'this machine' }
    if ($name -notmatch '\.' -or $name -match '\.(local|internal|intranet|private|home\.arpa|home|lan|corp)$') {
        return 'not open to all'
    }
    try { $numbers = [Net.Dns]::GetHostAddresses($name) } catch { return 'public' }
    foreach ($number in $numbers) { Get-ZoneOfNumber $number }
}

# One answer at the end of the redirects. The token goes no further than the origin that it is meant for. What it opened
# may lead elsewhere, but only to public addresses, or to the part of the net that the archive itself is in.
function Get-Answer([string]$Url, [long]$Start, [string]$Validator, [string]$Secret) {
    $address = [Uri]$Url
    $home_ = Get-Origin $address
    $signed = [bool]$Secret
    $zones = if ($signed) { @('public') + @(Get-Zone $address) } else { @() }
    for ($hop = 0; $hop -le 10; $hop++) {
        $request = New-Object Net.Http.HttpRequestMessage([Net.Http.HttpMethod]::Get, $address)
        [void]$request.Headers.TryAddWithoutValidation('User-Agent', $Agent)
        if ($Start -gt 0) {
            [void]$request.Headers.TryAddWithoutValidation('Range', "bytes=$Start-")
            [void]$request.Headers.TryAddWithoutValidation('If-Range', $Validator)
        }
        if ((Get-Origin $address) -ne $home_) {
            if ($signed -and @(Get-Zone $address | Where-Object { $zones -notcontains $_ }).Count -gt 0) {
                throw "redirected to $(Get-Origin $address), which is no public address"
            }
            $Secret = ''
        }
        if ($Secret) {
            [void]$request.Headers.TryAddWithoutValidation('Authorization', "token $Secret")
        }
        $answer = $Client.SendAsync($request, [Net.Http.HttpCompletionOption]::ResponseHeadersRead).GetAwaiter().GetResult()
        if (@(301, 302, 303, 307, 308) -notcontains [int]$answer.StatusCode) { return $answer }
        $target = $answer.Headers.Location
        $answer.Dispose()
        if ($null -eq $target) { break }
        if (-not $target.IsAbsoluteUri) { $target = New-Object Uri($address, $target) }
        if (@('http', 'https') -notcontains $target.Scheme) { throw 'redirected to no web address' }
        if ($address.Scheme -eq 'https' -and $target.Scheme -ne 'https') { throw 'redirected from https to http' }
        $address = $target
    }
    throw 'more than 10 redirects'
}

# What a later part of the file can be tied to: a strong ETag, else the date.
function Get-Validator($Answer) {
    $values = $null
    if ($Answer.Headers.TryGetValues('ETag', [ref]$values)) {
        $etag = @($values)[0]
        if (-not $etag.StartsWith('W/')) { return $etag }
    }
    if ($null -ne $Answer.Content.Headers.LastModified) { return $Answer.Content.Headers.LastModified.ToString('r') }
    ''
}

function Save-Body($Answer, [string]$Part, [long]$Start, [long]$Size) {
    $mode = if ($Start -gt 0) { [IO.FileMode]::Append } else { [IO.FileMode]::Create }
    $file = New-Object IO.FileStream($Part, $mode, [IO.FileAccess]::Write)
    try {
        $body = $Answer.Content.ReadAsStreamAsync().GetAwaiter().GetResult()
        $buffer = New-Object byte[] 131072
        while ($file.Length -le $Size) {
            $reading = $body.ReadAsync($buffer, 0, $buffer.Length)
            if (-not $reading.Wait(60000)) { throw 'nothing came for 60 seconds' }
            if ($reading.Result -eq 0) { break }
            $file.Write($buffer, 0, $reading.Result)
        }
    }
    finally { $file.Dispose(); $Answer.Dispose() }
}

# One attempt. Returns nothing for a file that is there, else whether to try again, after how many seconds, and why.
function Invoke-Try($Row, [string]$Target) {
    $part = "$Target.part"
    $tie = Get-Place ".state/$($Row.Number)"
    $start = Get-Size $part
    $validator = if ([IO.File]::Exists($tie)) { [IO.File]::ReadAllText($tie) } else { '' }
    if ($start -le 0 -or $start -gt $Row.Size -or -not $validator) {
        [IO.File]::Delete($part)
        $start = 0
    }
    if ($start -ne $Row.Size -or $start -eq 0) {
        try {
            $secret = if ($Row.Token) { $script:Token } else { '' }
            $answer = Get-Answer $Row.Url $start $validator $secret
            $code = [int]$answer.StatusCode
            if ($code -ne 200 -and -not ($code -eq 206 -and $start -gt 0)) {
                $wait = 0
                if ($null -ne $answer.Headers.RetryAfter -and $null -ne $answer.Headers.RetryAfter.Delta) {
                    $wait = [Math]::Min(300, $answer.Headers.RetryAfter.Delta.TotalSeconds)
                }
                $answer.Dispose()
                if ($code -eq 416) { [IO.File]::Delete($part) }
                $reason = "the archive answered $code"
                if ($code -eq 401 -or $code -eq 403) { $reason = "the archive refused it ($code)" }
                if ($code -eq 404 -or $code -eq 410) { $reason = "the archive does not have it ($code)" }
                return @{ Again = $Passing -contains $code; Wait = $wait; Reason = $reason }
            }
            if ($code -eq 206) {
                $range = $answer.Content.Headers.ContentRange
                if ($null -eq $range -or $range.From -ne $start -or ($range.HasLength -and $range.Length -ne $Row.Size)) {
                    $answer.Dispose()
                    [IO.File]::Delete($part)
                    return @{ Again = $true; Wait = 0; Reason = "the archive did not send it from byte $start on" }
                }
                # Not every server heeds If-Range. Only two ETags or two dates can be compared.
                $now = Get-Validator $answer
                if ($now -and $now -cne $validator -and $now.StartsWith('"') -eq $validator.StartsWith('"')) {
                    $answer.Dispose()
                    [IO.File]::Delete($part)
                    return @{ Again = $true; Wait = 0; Reason = 'the file changed in the archive while it was fetched' }
                }
            }
            else {
                $start = 0
                [IO.File]::Delete($part)
                [IO.File]::WriteAllText($tie, (Get-Validator $answer))
            }
            Save-Body $answer $part $start $Row.Size
        }
        catch {
            $wrong = $_.Exception
            while ($null -ne $wrong.InnerException) { $wrong = $wrong.InnerException }
            return @{ Again = $true; Wait = 0; Reason = $wrong.Message }
        }
    }
    $have = Get-Size $part
    if ($have -lt $Row.Size) { return @{ Again = $true; Wait = 0; Reason = "the list says $($Row.Size) bytes, $have came" } }
    $reason = if ($have -gt $Row.Size) { "more than the $($Row.Size) bytes of the list came" } else { Test-Digest $Row $part }
    if ($reason) {
        [IO.File]::Delete($part)
        return @{ Again = $true; Wait = 0; Reason = $reason }
    }
    if ([IO.File]::Exists($Target)) { [IO.File]::Delete($Target) }
    [IO.File]::Move($part, $Target)
    [IO.File]::Delete($tie)
}

# Why a file did not come; nothing when it is there.
function Get-File($Row) {
    if ($Row.Url -eq '-') { return $Row.Problem }
    $target = Get-Place $Row.Path
    if ([IO.Directory]::Exists($target)) { return 'a folder of that name is in the way' }
    [void][IO.Directory]::CreateDirectory([IO.Path]::GetDirectoryName($target))
    $pause = 1
    for ($try = 1; $true; $try++) {
        $failed = Invoke-Try $Row $target
        if ($null -eq $failed) { return '' }
        if (-not $failed.Again -or $try -ge $Tries) { return $failed.Reason }
        Start-Sleep -Seconds ([Math]::Max($pause, $failed.Wait))
        $pause = [Math]::Min(300, $pause * 2)
    }
}

function Get-Status($Row, [string]$Reason) {
    $name = $Row.Path.Substring($Row.Path.LastIndexOf('/') + 1)
    $first = $Row.Number -eq $Row.First
    if ($script:Token) {
        $told = "$($Row.Path) associated with $($Row.Dataset) ... "
        if ($Reason) { return "${told}FAILED: $Reason" }
        if ($first) { return "${told}SUCCESS" }
        return "${told}Duplicate of file $name associated with $($Row.Home)"
    }
    if ($Reason) { return "FAILED: $Reason" }
    if ($first) { return 'OK' }
    "Duplicate of file $name in folder $($Row.Home)"
}

# A cell after RFC 4180. What a spreadsheet would take for a formula gets an apostrophe before it.
function ConvertTo-Cell([string]$Text) {
    if ($Text -match '^[=+@''\-\uFF1D\uFF0B\uFF0D\uFF20]') { $Text = "'" + $Text }
    if ($Text -match '[",]') { $Text = '"' + $Text.Replace('"', '""') + '"' }
    $Text
}

# Two forms of one table: a page, and a table for programs and spreadsheets.
function Write-Manifest($Failed) {
    $user = if ($script:Token) { 'unknown' } else { 'anonymous' }
    $page = Get-Place 'manifest.html'
    $table = Get-Place 'manifest.csv'
    $utf8 = New-Object Text.UTF8Encoding($false)
    $out = New-Object IO.StreamWriter("$page.part", $false, $utf8)
    $csv = New-Object IO.StreamWriter("$table.part", $false, $utf8)
    try {
        $csv.Write("URI,File,Access,Status,Logged In User`r`n")
        $out.Write("<!DOCTYPE html>`n<html lang=`"en`">`n<head>`n<meta charset=`"utf-8`">`n<title>Manifest of $Root</title>`n")
        $out.Write("</head>`n<body>`n<h1>$Root</h1>`n<table>`n<thead><tr><th>URI</th><th>File</th><th>Access</th>")
        $out.Write("<th>Status</th><th>Logged In User</th></tr></thead>`n<tbody>`n")
        foreach ($line in $Entries) {
            $row = ConvertFrom-Line $line
            $reason = if ($Failed.ContainsKey($row.First)) { $Failed[$row.First] } else { '' }
            $cells = @($row.Uri, $row.Path, $row.Access, (Get-Status $row $reason), $user)
            $out.Write('<tr>')
            foreach ($cell in $cells) { $out.Write('<td>' + [Net.WebUtility]::HtmlEncode($cell) + '</td>') }
            $out.Write("</tr>`n")
            $csv.Write((@($cells | ForEach-Object { ConvertTo-Cell $_ }) -join ',') + "`r`n")
        }
        $out.Write("</tbody>`n</table>`n</body>`n</html>`n")
    }
    finally { $out.Dispose(); $csv.Dispose() }
    foreach ($place in @($page, $table)) {
        [IO.File]::Delete($place)
        [IO.File]::Move("$place.part", $place)
    }
}

$Base = $ExecutionContext.SessionState.Path.GetUnresolvedProviderPathFromPSPath($Output)
$Entries = @($Lines.Split("`n") | ForEach-Object { $_.TrimEnd("`r") } | Where-Object { $_ })
if ($Entries.Count -ne $RowCount) {
    [Console]::Error.WriteLine("This script was made with $RowCount rows in its list and has $($Entries.Count).")
    exit 2
}
try { [void][regex]$Only }
catch {
    [Console]::Error.WriteLine("-Only: this is no regular expression: $Only")
    exit 2
}
# The token: in this variable and in requests to the archive, nowhere else.
$script:Token = ''
if ($WithToken -gt 0 -and -not $List -and -not $Verify) {
    $script:Token = [string]$env:MAST_API_TOKEN
    if (-not $script:Token) {
        Write-Host "$WithToken files of this list may need a token. You can make one at $TokenPage"
        try {
            $secure = Read-Host -AsSecureString -Prompt 'Token (it is not shown; Enter goes on without)'
            $script:Token = (New-Object Net.NetworkCredential('', $secure)).Password
        }
        catch { Write-Host 'Nobody can be asked here: going on without a token. One can also stand in MAST_API_TOKEN.' }
    }
    if ($script:Token -notmatch '^[!-~]*$') { $script:Token = '' }
}
$env:MAST_API_TOKEN = $null

$handler = New-Object Net.Http.HttpClientHandler
$handler.AllowAutoRedirect = $false
$handler.UseCookies = $false
$Client = New-Object Net.Http.HttpClient($handler)
$failed = @{}
$done = 0
$left = 0
if (-not $List -and -not $Verify) { [void][IO.Directory]::CreateDirectory((Get-Place '.state')) }
foreach ($line in $Entries) {
    $row = ConvertFrom-Line $line
    if ($row.Number -ne $row.First) { continue }
    $wanted = -not $Only -or $row.Path -cmatch $Only
    if ($List) {
        if ($wanted) { Write-Output "$($row.Path)`t$($row.Size)`t$($row.Url)" }
        continue
    }
    if (-not $wanted) {
        $done++
        if ((Get-Size (Get-Place $row.Path)) -ne $row.Size) {
            $left++
            $failed[$row.Number] = 'not asked for (-Only)'
        }
        continue
    }
    $reason = Test-Row $row
    if ($reason -and -not $Verify) {
        try { $reason = Get-File $row }
        catch { $reason = "it cannot be written: $($_.Exception.Message)" }
    }
    $done++
    if ($reason) { $failed[$row.Number] = $reason }
    $told = if ($reason) { "FAILED: $reason" } else { 'OK' }
    Write-Host "[$done/$FileCount] $($row.Path): $told"
}
if ($List) { exit 0 }
if (-not $Verify) { Write-Manifest $failed }
Write-Host "In ${Root}: $($done - $failed.Count) of $FileCount files."
if ($left -gt 0) { Write-Host "Not asked for (-Only): $left" }
if ($failed.Count -gt $left -or $done -ne $FileCount) {
    Write-Host "Run this script again to try what is missing once more. Trouble with a download? $Contact"
    exit 1
}
if (-not $Verify -and $left -eq 0) { [IO.Directory]::Delete((Get-Place '.state'), $true) }
exit 0
