/*
 * lib/symbols against programs that know the answers: each fixture prints addresses of its own with
 * the names and lines that belong there (symbols_fixture.h).
 */
#include "symbols_ask.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "symbols/module.h" /* to take the demangler away */

/* How much a fixture has to say about itself. */
enum level {
    DEBUG_INFORMATION,
    SYMBOLS,          /* .symtab alone */
    EXPORTED_SYMBOLS, /* .dynsym alone */
    NOTHING,
};

struct fixture {
    const char *name; /* of the module, in SYMBOLS_FIXTURES */
    const char *command;
    enum level level;
    const char *trouble;
    bool optional; /* its compiler may not be installed */
};

static const struct fixture fixtures[] = {
    {"o0", "./o0", DEBUG_INFORMATION, NULL, false},
    {"o2", "./o2", DEBUG_INFORMATION, NULL, false},
    {"fixed", "./fixed", DEBUG_INFORMATION, NULL, false},
    {"dwarf4", "./dwarf4", DEBUG_INFORMATION, NULL, false},
    {"types", "./types", DEBUG_INFORMATION, NULL, false},
    {"split", "./split", DEBUG_INFORMATION, NULL, false},
    {"compressed", "./compressed", DEBUG_INFORMATION, NULL, false},
    {"linked", "./linked", DEBUG_INFORMATION, NULL, false},
    {"shared.so", "./caller ./shared.so", DEBUG_INFORMATION, NULL, false},
    {"clang", "./clang", DEBUG_INFORMATION, NULL, true},
    {"clang_o0", "./clang_o0", DEBUG_INFORMATION, NULL, true},
    {"cxx", "./cxx", DEBUG_INFORMATION, NULL, true},
    {"bare", "./bare", SYMBOLS, "no debug information", false},
    {"stripped.so", "./caller ./stripped.so", EXPORTED_SYMBOLS, "stripped", false},
    {"stripped", "./stripped", NOTHING, "stripped", false},
};

enum {
    FIXTURE_COUNT = sizeof fixtures / sizeof fixtures[0],
    MOST_FIELDS = 2 + 3 * SYMBOLS_ASK_FRAMES,
};

/* Whether a stripped library still has this name: the fixture keeps to a custom. */
static bool is_exported(const char *name)
{
    return strncmp(name, "fixture_", 8) == 0 || strncmp(name, "bank::", 6) == 0;
}

/* The name without DWARF: only functions proper, by symbol, if there is one. */
static const char *by_symbol(const char *name, enum level level)
{
    if (!name || level == NOTHING || (level == EXPORTED_SYMBOLS && !is_exported(name)))
        return NULL;
    return name;
}

/* fields: FUNCTION FILE LINE, innermost first. */
static void check_frames(struct snarl_module *module, const struct fixture *fixture,
                         uint64_t offset, char **fields, size_t count)
{
    struct symbols_ask_frames found = symbols_ask_frames(module, offset);
    bool lines = fixture->level == DEBUG_INFORMATION;
    size_t expected = lines ? count / 3 : 1;
    assert_int_equal(found.count, expected);
    for (size_t i = 0; i < expected; i++) {
        const struct snarl_frame *frame = &found.frames[i];
        char **field = lines ? &fields[3 * i] : &fields[count - 3];
        symbols_ask_same(frame->function, lines ? field[0] : by_symbol(field[0], fixture->level));
        symbols_ask_same(frame->file, lines ? field[1] : NULL);
        assert_int_equal(frame->line, lines ? atoi(field[2]) : 0);
        assert_int_equal(frame->inlined, i + 1 < expected);
        assert_int_equal(frame->offset, offset);
        assert_string_equal(strrchr(frame->module, '/') + 1, fixture->name);
        assert_false(frame->foreign);
    }
}

/* One line of a fixture's output; the number of inlined frames it was about. */
static size_t check_line(struct snarl_module *module, const struct fixture *fixture, char *line)
{
    char *fields[MOST_FIELDS] = {NULL};
    size_t count = 0;
    for (char *field = strtok(line, "\t\n"); field; field = strtok(NULL, "\t\n")) {
        assert_true(count < MOST_FIELDS);
        fields[count++] = field;
    }
    assert_true(count >= 3);
    uint64_t offset = strtoull(fields[1], NULL, 16);
    if (strcmp(fields[0], "frames") == 0) {
        check_frames(module, fixture, offset, fields + 2, count - 2);
        return (count - 2) / 3 - 1;
    }
    assert_string_equal(fields[0], "variable");
    const char *expected = fields[2];
    if (fixture->level != DEBUG_INFORMATION) {
        if (!fields[3])
            return 0; /* the compiler's own name for it, whatever that is */
        expected = by_symbol(fields[3], fixture->level);
    }
    symbols_ask_same(snarl_module_variable(module, offset), expected);
    return 0;
}

static void test_fixture(void **state)
{
    const struct fixture *fixture = *state;
    char path[4096], command[8192], line[4096];
    snprintf(path, sizeof path, "%s/%s", SYMBOLS_FIXTURES, fixture->name);
    if (fixture->optional && access(path, X_OK) != 0)
        skip();
    struct snarl_symbols *symbols = snarl_symbols_open();
    struct snarl_module *module = symbols_ask_module(symbols, fixture->name);
    symbols_ask_same(snarl_module_trouble(module), fixture->trouble);

    /* Each line twice, to ask the cache too. */
    size_t lines = 0, inlined = 0;
    for (int round = 0; round < 2; round++) {
        snprintf(command, sizeof command, "cd '%s' && %s", SYMBOLS_FIXTURES, fixture->command);
        FILE *output = popen(command, "r");
        assert_non_null(output);
        while (fgets(line, sizeof line, output)) {
            inlined += check_line(module, fixture, line);
            lines++;
        }
        assert_int_equal(pclose(output), 0);
    }
    bool is_cxx = strcmp(fixture->name, "cxx") == 0;
    assert_int_equal(lines, 2 * (is_cxx ? 8 : 24));
    assert_int_equal(inlined, 2 * (is_cxx ? 0 : 3));
    snarl_symbols_close(symbols);
}

/* The C++ library is an amenity: without it names stay as they are. */
static void test_no_demangler(void **state)
{
    (void)state;
    struct snarl_symbols *symbols = snarl_symbols_open();
    symbols->demangle = NULL;
    struct symbols_ask_frames bare = symbols_ask_frames(symbols_ask_module(symbols, "bare"),
                                                        symbols_ask_offset("bare", "bank::pay"));
    assert_string_equal(bare.frames[0].function, "_ZN4bank3payEi");
    struct symbols_ask_frames full = symbols_ask_frames(symbols_ask_module(symbols, "o2"),
                                                        symbols_ask_offset("o2", "bank::pay"));
    assert_string_equal(full.frames[0].function, "pay");
    snarl_symbols_close(symbols);
}

static void test_build_id(void **state)
{
    (void)state;
    static const unsigned char right[] = {0x00, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77,
                                          0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff};
    unsigned char wrong[sizeof right];
    memcpy(wrong, right, sizeof right);
    wrong[15] ^= 1;
    struct snarl_symbols *symbols = snarl_symbols_open();
    const char *path = SYMBOLS_FIXTURES "/o2";
    struct snarl_module *any = snarl_symbols_module(symbols, path, NULL, 0);
    struct snarl_module *good = snarl_symbols_module(symbols, path, right, sizeof right);
    struct snarl_module *bad = snarl_symbols_module(symbols, path, wrong, sizeof wrong);
    struct snarl_module *part = snarl_symbols_module(symbols, path, right, sizeof right - 1);
    assert_ptr_equal(good, snarl_symbols_module(symbols, path, right, sizeof right));
    assert_ptr_equal(any, snarl_symbols_module(symbols, path, NULL, 0));
    assert_ptr_not_equal(any, good);
    assert_ptr_not_equal(bad, good);

    uint64_t offset = symbols_ask_offset("o2", "innermost");
    assert_int_equal(symbols_ask_frames(any, offset).count, 4);
    assert_int_equal(symbols_ask_frames(good, offset).count, 4);
    assert_null(snarl_module_trouble(good));
    symbols_ask_unknown(bad, "another build-id");
    assert_null(symbols_ask_frames(bad, offset).frames[0].function);
    symbols_ask_unknown(part, "another build-id");
    snarl_symbols_close(symbols);
}

static void test_foreign(void **state)
{
    (void)state;
    static const char *const foreign[] = {
        "/lib/x86_64-linux-gnu/libc.so.6",
        "/lib/libc-2.31.so",
        "/lib/libpthread.so.0",
        "/lib64/ld-linux-x86-64.so.2",
        "/usr/lib/libstdc++.so.6.0.30",
        "/usr/lib/libgcc_s.so.1",
        "/usr/lib/libunwind.so.8",
        "/usr/lib/libunwind-x86_64.so.8",
        "/opt/snarl/lib/libsnarl.so",
        "libsnarl-race.so",
        "/lib/ld-2.31.so",
        "[vdso]",
    };
    static const char *const own[] = {
        "/usr/bin/program",
        "/lib/libcmocka.so.0",
        "/lib/libc-client.so.2007e",
        "/lib/libcurl.so.4",
        "/libc.so.6/program",
        "",
        "ld",
        "/home/user/libsnarled.so",
    };
    for (size_t i = 0; i < sizeof foreign / sizeof foreign[0]; i++)
        assert_true(snarl_module_is_foreign(foreign[i]));
    for (size_t i = 0; i < sizeof own / sizeof own[0]; i++)
        assert_false(snarl_module_is_foreign(own[i]));
}

/* The system's libc: another's code, its debug information elsewhere or not installed. */
static void test_libc(void **state)
{
    (void)state;
    Dl_info info;
    void *function = dlsym(RTLD_NEXT, "hcreate_r");
    assert_non_null(function);
    assert_int_not_equal(dladdr(function, &info), 0);
    struct snarl_symbols *symbols = snarl_symbols_open();
    struct snarl_module *module = snarl_symbols_module(symbols, info.dli_fname, NULL, 0);
    struct symbols_ask_frames found =
        symbols_ask_frames(module, (uintptr_t)function - (uintptr_t)info.dli_fbase);
    const struct snarl_frame *last = &found.frames[found.count - 1];
    assert_true(last->foreign);
    assert_string_equal(last->module, info.dli_fname);
    assert_non_null(last->function);
    assert_non_null(strstr(last->function, "hcreate_r"));
    snarl_symbols_close(symbols);
}

int main(void)
{
    /* Nothing here is to be had from the network. */
    unsetenv("DEBUGINFOD_URLS");
    struct CMUnitTest tests[FIXTURE_COUNT];
    for (size_t i = 0; i < FIXTURE_COUNT; i++) {
        tests[i] = (struct CMUnitTest){.name = fixtures[i].name,
                                       .test_func = test_fixture,
                                       .initial_state = (void *)&fixtures[i]};
    }
    const struct CMUnitTest others[] = {
        cmocka_unit_test(test_no_demangler),
        cmocka_unit_test(test_build_id),
        cmocka_unit_test(test_foreign),
        cmocka_unit_test(test_libc),
    };
    int failures = cmocka_run_group_tests_name("symbols of fixtures", tests, NULL, NULL);
    return failures + cmocka_run_group_tests_name("symbols", others, NULL, NULL);
}
