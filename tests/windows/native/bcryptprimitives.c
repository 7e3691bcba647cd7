/* bcryptprimitives.dll: the source of random numbers of programs written in Rust, cryptography's
   among them. Wine has it since version 9; here it asks what Wine has always had. */
#include <windows.h>

BOOLEAN NTAPI SystemFunction036(PVOID buffer, ULONG length); /* RtlGenRandom */

__declspec(dllexport) BOOL WINAPI ProcessPrng(PBYTE buffer, SIZE_T length)
{
    return SystemFunction036(buffer, (ULONG)length);
}
