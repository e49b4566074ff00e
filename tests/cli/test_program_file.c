/* What kind of file a program is; above all, that no file makes the judge stumble. */
#include "program_file.h"

#include <elf.h>
#include <stdlib.h>
#include <string.h>

#include "support/cmocka_all.h"
#include "support/command.h"
#include "support/place.h"

struct image {
    Elf64_Ehdr header;
    Elf64_Phdr segments[2];
};

/* A dynamically linked program, as far as the judge looks. */
static struct image good_image(void)
{
    struct image image = {.header = {.e_ident = {ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64,
                                                 ELFDATA2LSB, EV_CURRENT},
                                     .e_type = ET_DYN,
                                     .e_machine = EM_X86_64,
                                     .e_version = EV_CURRENT,
                                     .e_phoff = sizeof(Elf64_Ehdr),
                                     .e_ehsize = sizeof(Elf64_Ehdr),
                                     .e_phentsize = sizeof(Elf64_Phdr),
                                     .e_phnum = 2},
                          .segments = {{.p_type = PT_LOAD}, {.p_type = PT_INTERP}}};
    return image;
}

/* "elf", "script", "text", or the trouble. */
static const char *judge(const struct place *place, const void *bytes, size_t size)
{
    static const char *const kinds[] = {"elf", "script", "text"};
    struct snarl_program_file file;
    file_write(place->path, bytes, size, 0700);
    return snarl_program_file_read(place->path, &file) ? kinds[file.kind] : file.trouble;
}

static const char *judge_image(const struct place *place, const struct image *image)
{
    return judge(place, image, sizeof *image);
}

static void elf_files_are_told_apart(void **state)
{
    struct image image = good_image();
    assert_string_equal(judge_image(*state, &image), "elf");
    image.header.e_machine = EM_AARCH64;
    assert_string_equal(judge_image(*state, &image), "built for another architecture than x86-64");
    image = good_image();
    image.header.e_ident[EI_DATA] = ELFDATA2MSB;
    assert_string_equal(judge_image(*state, &image), "built for another architecture than x86-64");
    image = good_image();
    image.header.e_ident[EI_CLASS] = ELFCLASS32;
    assert_string_equal(judge_image(*state, &image), "a 32-bit program");
    image = good_image();
    image.header.e_type = ET_REL;
    assert_string_equal(judge_image(*state, &image), "an ELF file, but not a program");
    image = good_image();
    image.segments[1].p_type = PT_LOAD;
    assert_string_equal(judge_image(*state, &image),
                        "statically linked, so no library can be preloaded");
}

static void hostile_headers_are_refused(void **state)
{
    struct image image = good_image();
    image.header.e_phoff = UINT64_MAX - 8;
    assert_string_equal(judge_image(*state, &image),
                        "statically linked, so no library can be preloaded");
    image = good_image();
    image.header.e_phentsize = 1;
    assert_string_equal(judge_image(*state, &image), "an ELF file, but not a program");
    image = good_image();
    image.header.e_phnum = UINT16_MAX;
    image.segments[1].p_type = PT_NULL;
    assert_string_equal(judge_image(*state, &image),
                        "statically linked, so no library can be preloaded");
    image = good_image();
    image.header.e_ident[EI_CLASS] = 77;
    assert_string_equal(judge_image(*state, &image), "a damaged ELF file");
}

/* Below four bytes it is no ELF file yet, and only the last segment names the interpreter. */
static void a_cut_file_is_never_taken_for_whole(void **state)
{
    struct image image = good_image();
    for (size_t size = 0; size < sizeof image; size++) {
        const char *kind = judge(*state, &image, size);
        if (size < SELFMAG)
            assert_string_equal(kind, "text");
        else if (size < sizeof image.header)
            assert_string_equal(kind, "a damaged ELF file");
        else
            assert_string_equal(kind, "statically linked, so no library can be preloaded");
    }
}

static void check_script(const struct place *place, const char *text, const char *interpreter,
                         const char *argument)
{
    struct snarl_program_file file;
    file_write(place->path, text, strlen(text), 0700);
    assert_true(snarl_program_file_read(place->path, &file));
    assert_int_equal(file.kind, SNARL_PROGRAM_SCRIPT);
    assert_string_equal(file.interpreter, interpreter);
    assert_string_equal(file.argument, argument);
}

static void scripts_name_their_interpreter(void **state)
{
    check_script(*state, "#!/bin/sh\necho\n", "/bin/sh", "");
    check_script(*state, "#!/bin/sh", "/bin/sh", "");
    check_script(*state, "#! \t/bin/sh  -e -u \t\necho", "/bin/sh", "-e -u");
    check_script(*state, "#!/usr/bin/env python3\n", "/usr/bin/env", "python3");
}

static void a_script_without_interpreter_is_refused(void **state)
{
    static const char expected[] = "a script whose #! line names no interpreter";
    assert_string_equal(judge(*state, "#!", 2), expected);
    assert_string_equal(judge(*state, "#! \t\n/bin/sh", 12), expected);
    assert_string_equal(judge(*state, "#!\n", 3), expected);
}

static void a_long_first_line_is_cut_as_the_kernel_does(void **state)
{
    char line[5000] = "#!/";
    memset(line + 3, 'x', sizeof line - 3);
    struct snarl_program_file file;
    const struct place *place = *state;
    file_write(place->path, line, sizeof line, 0700);
    assert_true(snarl_program_file_read(place->path, &file));
    assert_int_equal(strlen(file.interpreter), SNARL_SCRIPT_LINE - 2);
}

static void what_cannot_be_read_is_refused(void **state)
{
    (void)state;
    struct snarl_program_file file;
    assert_false(snarl_program_file_read("/nonexistent/program", &file));
    assert_string_equal(file.trouble, "it cannot be read");
    assert_false(snarl_program_file_read("/", &file));
    assert_string_equal(file.trouble, "it cannot be read");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(elf_files_are_told_apart),
        cmocka_unit_test(hostile_headers_are_refused),
        cmocka_unit_test(a_cut_file_is_never_taken_for_whole),
        cmocka_unit_test(scripts_name_their_interpreter),
        cmocka_unit_test(a_script_without_interpreter_is_refused),
        cmocka_unit_test(a_long_first_line_is_cut_as_the_kernel_does),
        cmocka_unit_test(what_cannot_be_read_is_refused),
    };
    return cmocka_run_group_tests(tests, place_set_up, place_tear_down);
}
