/* python.exe: PyPI has the library of a Windows Python, but not the program that calls it. */
#include <windows.h>

typedef int (*main_function)(int, wchar_t **);

int wmain(int count, wchar_t **arguments)
{
    HMODULE library = LoadLibraryW(L"python311.dll");
    main_function run;

    if (library == NULL)
        return 100;
    run = (main_function)(void *)GetProcAddress(library, "Py_Main");
    return run == NULL ? 101 : run(count, arguments);
}
