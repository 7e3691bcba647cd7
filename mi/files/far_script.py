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

# [NullString] came with 3.0, and $null would be "": so File.Replace is called by reflection. Where
# ReplaceFile has taken the old file away and cannot put the new one in its place (winerror.h 1176),
# Move does.
#
# Whoever opens a file to write it has it alone, so that another copy that still writes it is found
# out; then lanes may join. None lets it be renamed while it has it open. A digest is of what is on
# the disk, and goes on where the last one of the same file stopped, so that it follows what is
# written or read.
#
# All that there is to an entry is known before its answer begins, which a failure cannot take back.
# PowerShell gives $null for a property that fails, and an error for the method that is behind it. A
# folder has an old size of a file that somebody writes, and of a link the link's own.
SCRIPT: Final = r"""$ErrorActionPreference='Stop'
$i=New-Object IO.BinaryReader([Console]::OpenStandardInput())
$o=New-Object IO.BinaryWriter(New-Object IO.BufferedStream([Console]::OpenStandardOutput()))
$m=[long]1048576;$z=New-Object byte[] $m
$j=[IO.File];$w=$null;$g=$null;$f=$null
function shut{if($w){$w.Close()};$global:w=$null}
function see($a){$j::Open($a,'Open','Read','ReadWrite')}
function hash($a,$n){if(!$a.Equals($f)){$global:f=$a;$global:q=[long]0
$global:h=[Security.Cryptography.SHA256]::Create()}
$t=see $a;try{if($n -lt 0){$n=$t.Length}
$t.Position=$q;while($q -lt $n){$k=$t.Read($z,0,[int][Math]::Min($n-$q,$m))
if(!$k){throw [IO.EndOfStreamException]'too short'}
[void]$h.TransformBlock($z,0,$k,$z,0);$global:q+=$k}}finally{$t.Close()}}
function whole($a,$n){hash $a $n;$global:f=$null;[void]$h.TransformFinalBlock($z,0,0)}
function item($t,$x,$y,$n){$t.Refresh();$l=0;$r=$t.get_Attributes()
if($t -is [IO.FileInfo] -and $t.Exists){$l=$t.Length}
if($n){$u=see $y;$l=$u.Length;$u.Close()}
$u=$t.LastWriteTimeUtc;if($u){$u=$u.ToFileTimeUtc()}
done $x;if($y){$o.Write([string]$y)}
$o.Write([string]$t.Name);$o.Write([int]$r);$o.Write([long]$l);$o.Write([long]$u)}
function done($x=0){$o.Write([byte]$x)}
function text($x){[BitConverter]::ToString($x)}
$p=[byte[]](0..255);$o.Write($p);$o.Flush()
$b=$i.ReadBytes(256)
if((text $b) -ne (text $p)){done 1;$o.Flush();exit 1}
done;$o.Flush()
while($true){try{$v=$i.ReadByte()}catch{break}
$a=$i.ReadString();$n=$i.ReadInt64()
if($v -eq 67){$c=$i.ReadString();$b=$i.ReadBytes(32)}
if(71,87 -eq $v){$c=$i.ReadInt64()}
if($v -eq 87){$b=$i.ReadBytes([int]$n)}
try{switch($v){
83{$t=[IO.FileInfo]$a;item $t 0 $t.FullName $n}
76{foreach($t in ([IO.DirectoryInfo]$a).GetFileSystemInfos()){item $t 2};done}
68{whole $a $n;done;$o.Write($h.Hash)}
72{hash $a $n}
77{[void][IO.Directory]::CreateDirectory($a);done}
88{shut;$j::Delete($a);done}
79{shut;$g=$null;$f=$null
$w=$j::Open($a,'OpenOrCreate','ReadWrite','None');$w.SetLength($n);done}
74{shut;$g=$null;$w=$j::Open($a,'Open','Write','ReadWrite');done}
87{if(!$g){$w.Position=$c;$w.Write($b,0,$b.Length)}}
89{if($g){throw $g};$w.Flush();done}
90{shut;if($g){throw $g};done}
67{shut;if($g){throw $g};whole $a (-1)
if((text $b) -ne (text $h.Hash)){throw [IO.InvalidDataException]'it differs'}
if($n){$j::SetLastWriteTimeUtc($a,[DateTime]::FromFileTimeUtc($n))}
try{if($j::Exists($c)){$t=[type[]]([string],[string],[string])
[void]$j.GetMethod('Replace',$t).Invoke($null,[object[]]([string]$a,[string]$c,$null))}
}catch{if($j::Exists($c)){throw $_}}
if($j::Exists($a)){$j::Move($a,$c)}
done}
71{$t=see $a;try{$t.Position=$n
while($c -gt 0){$k=$t.Read($z,0,[int][Math]::Min($c,$m));if(!$k){break}
done 2;$o.Write([int]$k);$o.Write($z,0,$k);$c-=$k}
}finally{$t.Close()};done}
}
}catch{$e=$_.Exception.GetBaseException();if($v -eq 87){if(!$g){$g=$e}}elseif($v -ne 72){
done 1;$o.Write([int][Runtime.InteropServices.Marshal]::GetHRForException($e))
$o.Write([string]$e.GetType().Name);$o.Write([string]$e.Message)}}
$o.Flush()}
shut
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
