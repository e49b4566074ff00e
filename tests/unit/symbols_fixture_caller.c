/* Runs a fixture of test_symbols: the one in the shared library named by the first argument. */
#include <dlfcn.h>
#include <stdio.h>

int main(int count, char **arguments)
{
    void *library = dlopen(count > 1 ? arguments[1] : "", RTLD_NOW);
    void (*describe)(void) = NULL;
    if (library)
        *(void **)&describe = dlsym(library, "symbols_fixture_describe");
    if (!describe) {
        fprintf(stderr, "%s\n", dlerror());
        return 1;
    }
    describe();
    return 0;
}
