r"""The script that reads and writes files on the host, and how powershell.exe is told to run it.

It answers requests on its input by bytes on its output, until the input ends. `requests` has their
form, which is that of .NET's BinaryReader and BinaryWriter.

It has .NET's calls and no more of PowerShell than 2.0 has. PowerShell itself reads the input of a
script that names its automatic variable for that, and before 3.0 of every script, unless its input
format is None: so the variable is not named, and the format is.

The far side says all 256 bytes first, and is told them, so that a way that changes any is found out
before a file is touched.
"""

from __future__ import annotations

from base64 import b64encode
from typing import Final

__all__ = ["ARGUMENTS", "EXECUTABLE", "SCRIPT"]

EXECUTABLE: Final = "powershell.exe"

# [NullString] came with 3.0, and $null would be "": so File.Replace is called by reflection. -cne,
# for base64 has both cases.
SCRIPT: Final = r"""$ErrorActionPreference='Stop';$ProgressPreference='SilentlyContinue'
$i=New-Object IO.BinaryReader([Console]::OpenStandardInput())
$s=New-Object IO.BufferedStream([Console]::OpenStandardOutput(),65536)
$o=New-Object IO.BinaryWriter($s)
$m=[long]1048576;$z=New-Object byte[] $m
$w=$null;$g=$null
function hash($t,$n){$global:h=[Security.Cryptography.SHA256]::Create()
while($n -gt 0){$k=$t.Read($z,0,[int][Math]::Min($n,$m))
if(!$k){throw (New-Object IO.EndOfStreamException)}
[void]$h.TransformBlock($z,0,$k,$z,0);$n-=$k}}
function item($t){$l=0;if($t -is [IO.FileInfo] -and $t.Exists){$l=$t.Length}
$o.Write([string]$t.Name);$o.Write([int]$t.Attributes);$o.Write([long]$l)
$o.Write([long]$t.LastWriteTimeUtc.ToFileTimeUtc())}
function done{$o.Write([byte]0)}
$p=[byte[]](0..255);$o.Write($p);$o.Flush()
$b=$i.ReadBytes(256)
if([Convert]::ToBase64String($b) -cne [Convert]::ToBase64String($p)){
$o.Write([byte]1);$o.Flush();exit 1}
done;$o.Flush()
while($true){try{$v=$i.ReadByte()}catch{break}
$a=$i.ReadString();$n=$i.ReadInt64()
if($v -eq 87){$b=$i.ReadBytes([int]$n)}
if($v -eq 67){$c=$i.ReadString();$b=$i.ReadBytes(32)}
if($v -eq 71){$c=$i.ReadInt64()}
try{switch($v){
83{$a=[IO.Path]::GetFullPath($a);$t=New-Object IO.FileInfo($a);done;$o.Write([string]$a);item $t}
76{foreach($t in (New-Object IO.DirectoryInfo($a)).GetFileSystemInfos()){
$o.Write([byte]2);item $t};done}
68{$t=[IO.File]::Open($a,'Open','Read','ReadWrite');try{hash $t $n}finally{$t.Close()}
[void]$h.TransformFinalBlock($z,0,0);done;$o.Write($h.Hash)}
77{[void][IO.Directory]::CreateDirectory($a);done}
88{if($w){$w.Close();$w=$null};[IO.File]::Delete($a);done}
79{if($w){$w.Close()};$w=$null;$g=$null
$w=[IO.File]::Open($a,'OpenOrCreate','ReadWrite','None')
hash $w $n;$w.SetLength($n);done}
87{if(!$g){$w.Write($b,0,$b.Length);[void]$h.TransformBlock($b,0,$b.Length,$b,0)}}
89{if($g){throw $g};$w.Flush();done}
67{if($g){throw $g};[void]$h.TransformFinalBlock($z,0,0);$w.Close();$w=$null
if([Convert]::ToBase64String($b) -cne [Convert]::ToBase64String($h.Hash)){
throw (New-Object IO.InvalidDataException)}
if($n){[IO.File]::SetLastWriteTimeUtc($a,[DateTime]::FromFileTimeUtc($n))}
if([IO.File]::Exists($c)){$t=[type[]]([string],[string],[string])
[void][IO.File].GetMethod('Replace',$t).Invoke($null,[object[]]([string]$a,[string]$c,$null))
}else{[IO.File]::Move($a,$c)}
done}
71{$t=[IO.File]::Open($a,'Open','Read','ReadWrite')
try{hash $t $n;while($c -gt 0){$k=$t.Read($z,0,[int][Math]::Min($c,$m));if(!$k){break}
[void]$h.TransformBlock($z,0,$k,$z,0);$o.Write([byte]2);$o.Write([int]$k);$o.Write($z,0,$k);$c-=$k}
}finally{$t.Close()}
[void]$h.TransformFinalBlock($z,0,0);done;$o.Write($h.Hash)}
default{throw (New-Object NotSupportedException)}}
}catch{$e=$_.Exception.GetBaseException();if($v -eq 87){if(!$g){$g=$e}}else{
$o.Write([byte]1);$o.Write([int][Runtime.InteropServices.Marshal]::GetHRForException($e))
$o.Write([string]$e.GetType().Name);$o.Write([string]$e.Message)}}
$o.Flush()}
if($w){$w.Close()}
"""
"""The script."""

ARGUMENTS: Final = (
    "-NoProfile",
    "-NonInteractive",
    "-InputFormat",
    "None",
    "-EncodedCommand",
    b64encode(SCRIPT.encode("utf-16-le")).decode(),
)
"""The arguments of powershell.exe; none needs quoting."""
