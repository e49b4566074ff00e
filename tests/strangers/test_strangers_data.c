/* Compressors and a database at work in several threads: the bytes are the same with and without
 * snarl, and are what went in. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/cmocka_all.h"
#include "support/command.h"
#include "unharmed.h"

enum {
    PLAIN_SIZE = 8 << 20
};

/* A file that can be compressed somewhat, the same each time. */
struct plain {
    char *directory, *path, *packed_path;
    char *bytes;
};

static int set_up(void **state)
{
    static const char *const words[] = {"mutex ", "thread ", "waits ", "wakes\n"};
    struct plain *plain = calloc(1, sizeof *plain);
    plain->directory = directory_make();
    plain->path = path_in(plain->directory, "plain");
    plain->packed_path = path_in(plain->directory, "packed");
    plain->bytes = malloc(PLAIN_SIZE);
    uint32_t random = 1;
    for (size_t i = 0; i < PLAIN_SIZE;) {
        random = random * 1664525 + 1013904223;
        char letters[] = {(char)('a' + (random >> 10) % 26), (char)('a' + (random >> 20) % 26), 0};
        const char *word = random >> 31 ? letters : words[random >> 29];
        for (; *word != '\0' && i < PLAIN_SIZE; word++)
            plain->bytes[i++] = *word;
    }
    file_write(plain->path, plain->bytes, PLAIN_SIZE, 0600);
    *state = plain;
    return 0;
}

static int tear_down(void **state)
{
    struct plain *plain = *state;
    free(plain->path);
    free(plain->packed_path);
    free(plain->bytes);
    directory_remove(plain->directory);
    free(plain);
    return 0;
}

/* The last of `pack` and `unpack` is the name of a file. */
static void there_and_back(struct plain *plain, const char **pack,
                           const struct unharmed_counts *pack_counts, const char **unpack,
                           const struct unharmed_counts *unpack_counts)
{
    char program[32];
    snprintf(program, sizeof program, "/usr/bin/%s", pack[0]);
    unharmed_needs(program);
    struct command_result packed = unharmed_run(pack, pack_counts);
    assert_in_range(packed.output_size, PLAIN_SIZE / 100, PLAIN_SIZE / 2);
    file_write(plain->packed_path, packed.output, packed.output_size, 0600);
    struct command_result unpacked = unharmed_run(unpack, unpack_counts);
    assert_int_equal(unpacked.output_size, PLAIN_SIZE);
    assert_memory_equal(unpacked.output, plain->bytes, PLAIN_SIZE);
    command_free(&packed);
    command_free(&unpacked);
}

static void xz(void **state)
{
    struct plain *plain = *state;
    there_and_back(
        plain, (const char *[]){"xz", "-T2", "-1", "--block-size=1MiB", "-c", plain->path, NULL},
        &(struct unharmed_counts){1, 3, 500},
        (const char *[]){"xz", "-T2", "-dc", plain->packed_path, NULL},
        &(struct unharmed_counts){1, 3, 500});
}

static void pigz(void **state)
{
    struct plain *plain = *state;
    there_and_back(plain, (const char *[]){"pigz", "-p", "4", "-c", plain->path, NULL},
                   &(struct unharmed_counts){1, 6, 500},
                   (const char *[]){"pigz", "-p", "4", "-dc", plain->packed_path, NULL},
                   &(struct unharmed_counts){1, 3, 50});
}

/* It unpacks in one thread; that takes no lock. */
static void zstd(void **state)
{
    struct plain *plain = *state;
    there_and_back(plain,
                   (const char *[]){"zstd", "-T2", "-B1048576", "-q", "-c", plain->path, NULL},
                   &(struct unharmed_counts){1, 3, 100},
                   (const char *[]){"zstd", "-q", "-dc", plain->packed_path, NULL},
                   &(struct unharmed_counts){1, 1, 0});
}

/* The shell; it sorts in threads. */
static void sqlite3(void **state)
{
    (void)state;
    unharmed_needs("/usr/bin/sqlite3");
    struct command_result native =
        unharmed_run((const char *const[]){"sqlite3", "-batch", "database",
                                           ".read " SNARL_STRANGERS "/sort.sql", NULL},
                     &(struct unharmed_counts){1, 10, 100000});
    assert_string_equal(native.output,
                        "4\n100000|5000073754\n56168|row 999976\n4116|row 999971\n52067|row "
                        "999966\n15|row 999961\n56183|row 999934\nok\n");
    command_free(&native);
}

/* The library, asked by many threads of one program. */
static void sqlite3_from_threads(void **state)
{
    (void)state;
    unharmed_needs("/usr/bin/python3");
    struct command_result native = unharmed_run(
        (const char *const[]){"/usr/bin/python3", SNARL_STRANGERS "/sqlite_threads.py", NULL},
        &(struct unharmed_counts){1, 13, 50000});
    assert_string_equal(native.output, "1200 179400 4\n1200 179400 4\n1200 179400 4\n");
    command_free(&native);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(xz),
        cmocka_unit_test(pigz),
        cmocka_unit_test(zstd),
        cmocka_unit_test(sqlite3),
        cmocka_unit_test(sqlite3_from_threads),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
