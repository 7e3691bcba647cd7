/* python3.dll: what modules of the stable ABI link to. All of it is forwarded to python311.dll by
   the linker, from a list of names; only the entry point is code. */
int __stdcall DllMainCRTStartup(void *module, unsigned reason, void *reserved)
{
    (void)module, (void)reason, (void)reserved;
    return 1;
}
