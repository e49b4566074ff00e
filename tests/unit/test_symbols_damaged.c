/*
 * lib/symbols against files that are none, cut short, damaged or hostile: it may know nothing, but
 * it must say so.
 */
#include "symbols_ask.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "symbols/module.h" /* for the limits */

/* A directory of our own for bad files, made and removed around a test. */
static int make_directory(void **state)
{
    static char directory[] = "/tmp/snarl-symbols-XXXXXX";
    strcpy(directory + sizeof directory - 7, "XXXXXX");
    *state = mkdtemp(directory);
    return *state ? 0 : -1;
}

static int remove_directory(void **state)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/file", (char *)*state);
    unlink(path);
    return rmdir(*state);
}

static const char *write_file(const char *directory, const void *bytes, size_t size)
{
    static char path[4096];
    snprintf(path, sizeof path, "%s/file", directory);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
    return path;
}

static unsigned char *read_fixture(const char *name, size_t *size)
{
    char path[4096];
    struct stat status;
    snprintf(path, sizeof path, "%s/%s", SYMBOLS_FIXTURES, name);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    assert_int_equal(fstat(fileno(file), &status), 0);
    unsigned char *bytes = malloc((size_t)status.st_size);
    assert_non_null(bytes);
    *size = fread(bytes, 1, (size_t)status.st_size, file);
    assert_int_equal(*size, status.st_size);
    fclose(file);
    return bytes;
}

static void test_not_a_module(void **state)
{
    char path[4096];
    struct snarl_symbols *symbols = snarl_symbols_open();
    symbols_ask_unknown(snarl_symbols_module(symbols, "/no/such/file", NULL, 0), "no such file");
    symbols_ask_unknown(snarl_symbols_module(symbols, "[vdso]", NULL, 0), "no such file");
    symbols_ask_unknown(snarl_symbols_module(symbols, "", NULL, 0), "no such file");
    symbols_ask_unknown(snarl_symbols_module(symbols, *state, NULL, 0), "not a regular file");
    snprintf(path, sizeof path, "%s/file", (char *)*state);
    assert_int_equal(mkfifo(path, 0600), 0);
    symbols_ask_unknown(snarl_symbols_module(symbols, path, NULL, 0), "not a regular file");
    snarl_symbols_close(symbols);
    unlink(path);

    static const char *const contents[] = {"", "hello, world\n", "\177ELF", "!<arch>\n"};
    for (size_t i = 0; i < sizeof contents / sizeof contents[0]; i++) {
        symbols = snarl_symbols_open();
        const char *text = write_file(*state, contents[i], strlen(contents[i]));
        symbols_ask_unknown(snarl_symbols_module(symbols, text, NULL, 0), "not an ELF file");
        snarl_symbols_close(symbols);
    }
}

/* Asks a bad file all there is to ask; the answers do not matter, that they come does. */
static void ask_everything(const char *path, uint64_t offset)
{
    struct snarl_symbols *symbols = snarl_symbols_open();
    struct snarl_module *module = snarl_symbols_module(symbols, path, NULL, 0);
    snarl_module_trouble(module);
    for (uint64_t address = offset - 64; address < offset + 64; address += 8)
        assert_true(symbols_ask_frames(module, address).count >= 1);
    for (uint64_t address = 0x4000; address < 0x4a00; address += 64)
        snarl_module_variable(module, address);
    snarl_symbols_close(symbols);
}

static void test_truncated(void **state)
{
    size_t size;
    unsigned char *bytes = read_fixture("o0", &size);
    uint64_t offset = symbols_ask_offset("o0", "innermost");
    for (size_t cut = 0; cut < size; cut += 331)
        ask_everything(write_file(*state, bytes, cut), offset);
    struct snarl_symbols *symbols = snarl_symbols_open();
    const char *path = write_file(*state, bytes, size - 1);
    symbols_ask_unknown(snarl_symbols_module(symbols, path, NULL, 0), "truncated");
    snarl_symbols_close(symbols);
    free(bytes);
}

/* Damaged files, the same ones in every run. */
static void test_damaged(void **state)
{
    static const char *const names[] = {"o0", "dwarf4"};
    uint64_t random = 0x9e3779b97f4a7c15u;
    for (size_t n = 0; n < sizeof names / sizeof names[0]; n++) {
        size_t size;
        unsigned char *bytes = read_fixture(names[n], &size);
        unsigned char *damaged = malloc(size);
        assert_non_null(damaged);
        uint64_t offset = symbols_ask_offset(names[n], "innermost");
        for (int round = 0; round < 150; round++) {
            memcpy(damaged, bytes, size);
            for (int i = 0; i < 1 + round; i++) {
                random ^= random << 13;
                random ^= random >> 7;
                random ^= random << 17;
                /* Past the code: most of what follows is debug information. */
                damaged[0x3000 + (random >> 16) % (size - 0x3000)] = (unsigned char)random;
            }
            ask_everything(write_file(*state, damaged, size), offset);
        }
        free(damaged);
        free(bytes);
    }
}

/* Where the fixture's exported symbol lies. */
static uint64_t symbol_offset(const char *name, const char *symbol)
{
    char path[4096];
    Dl_info info;
    snprintf(path, sizeof path, "%s/%s", SYMBOLS_FIXTURES, name);
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    assert_non_null(library);
    void *address = dlsym(library, symbol);
    assert_non_null(address);
    assert_int_not_equal(dladdr(address, &info), 0);
    uint64_t offset = (uintptr_t)address - (uintptr_t)info.dli_fbase;
    dlclose(library);
    return offset;
}

/* Debug information that goes in circles comes to an end. */
static void test_ring(void **state)
{
    (void)state;
    struct snarl_symbols *symbols = snarl_symbols_open();
    struct snarl_module *module = symbols_ask_module(symbols, "ring.so");
    assert_null(snarl_module_trouble(module));
    uint64_t data = symbol_offset("ring.so", "ring_typedef");
    symbols_ask_same(snarl_module_variable(module, data), "ring_typedef");
    const char *nested = snarl_module_variable(module, data + 8);
    assert_non_null(nested);
    assert_memory_equal(nested, "ring_struct.self.self", 21);
    assert_true(strlen(nested) < SNARL_NAME_SIZE);
    symbols_ask_same(snarl_module_variable(module, data + 16), "ring_array");
    struct symbols_ask_frames found =
        symbols_ask_frames(module, symbol_offset("ring.so", "ring_function"));
    assert_int_equal(found.count, 1);
    assert_null(found.frames[0].function);
    snarl_symbols_close(symbols);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_not_a_module, make_directory, remove_directory),
        cmocka_unit_test_setup_teardown(test_truncated, make_directory, remove_directory),
        cmocka_unit_test_setup_teardown(test_damaged, make_directory, remove_directory),
        cmocka_unit_test(test_ring),
    };
    /* Nothing here is to be had from the network. */
    unsetenv("DEBUGINFOD_URLS");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
