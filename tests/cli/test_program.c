/* Programs that cannot be found, or cannot be watched: never a run without the library. */
#include <elf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "support/cmocka_all.h"
#include "support/command.h"

static char *directory;

static int set_up(void **state)
{
    (void)state;
    directory = directory_make();
    return chmod(directory, 0755);
}

static int tear_down(void **state)
{
    (void)state;
    directory_remove(directory);
    return 0;
}

/* `snarl run PATH` ends with `status` and the line "snarl: error: "PATH"MESSAGE", and nothing of
 * the program is seen. */
static void check_refused(const char *path, int status, const char *message)
{
    char line[4096];
    snprintf(line, sizeof line, "snarl: error: \"%s\"%s\n", path, message);
    CHECK(status, "", line, SNARL_COMMAND, "run", "--", path);
}

static void missing_programs(void **state)
{
    (void)state;
    check_refused("no-such-program", 127, ": not found along PATH");
    check_refused("/no/such/program", 127, ": no such file");
    check_refused("/etc/passwd/program", 127, ": no such file");
    check_refused("", 127, ": not found along PATH");
}

static void files_that_are_not_executable(void **state)
{
    (void)state;
    char *path = path_in(directory, "data");
    file_write(path, "echo ran\n", 9, 0644);
    check_refused(path, 126, ": not executable");
    check_refused(directory, 126, ": is a directory");
    check_refused("/dev/null", 126, ": not executable");
    free(path);
}

static void path_is_searched_as_execvp_does(void **state)
{
    (void)state;
    char *locked = path_in(directory, "locked"), *open = path_in(directory, "open");
    char *denied = path_in(locked, "tool"), *allowed = path_in(open, "tool");
    char search[4096], line[4200];
    assert_int_equal(mkdir(locked, 0755), 0);
    assert_int_equal(mkdir(open, 0755), 0);
    file_write(denied, "#!/bin/sh\necho denied\n", 22, 0644);
    file_write(allowed, "#!/bin/sh\necho allowed\n", 23, 0755);

    snprintf(search, sizeof search, "PATH=%s:%s:/usr/bin:/bin", locked, open);
    struct command command = {.arguments = (const char *[]){SNARL_COMMAND, "run", "tool", NULL},
                              .environment = (const char *[]){search, NULL}};
    struct command_result result = command_run(&command);
    assert_string_equal(result.output, "allowed\n");
    assert_int_equal(result.status, 0);
    command_free(&result);

    snprintf(search, sizeof search, "PATH=%s", locked);
    snprintf(line, sizeof line, "snarl: error: \"%s\": not executable\n", denied);
    command_check(&command, 126, "", line);

    snprintf(search, sizeof search, "PATH="); /* an empty entry is the working directory */
    command.directory = open;
    result = command_run(&command);
    assert_string_equal(result.output, "allowed\n");
    command_free(&result);
    free(locked), free(open), free(denied), free(allowed);
}

struct image {
    Elf64_Ehdr header;
    Elf64_Phdr segment;
};

static struct image static_image(void)
{
    return (struct image){.header = {.e_ident = {ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64,
                                                 ELFDATA2LSB, EV_CURRENT},
                                     .e_type = ET_EXEC,
                                     .e_machine = EM_X86_64,
                                     .e_version = EV_CURRENT,
                                     .e_phoff = sizeof(Elf64_Ehdr),
                                     .e_ehsize = sizeof(Elf64_Ehdr),
                                     .e_phentsize = sizeof(Elf64_Phdr),
                                     .e_phnum = 1},
                          .segment = {.p_type = PT_LOAD}};
}

static void programs_that_no_preload_reaches(void **state)
{
    (void)state;
    char *path = path_in(directory, "image");
    struct image image = static_image();
    file_write(path, &image, sizeof image, 0755);
    check_refused(path, 126,
                  " cannot be watched: statically linked, so no library can be preloaded");
    image.header.e_machine = EM_AARCH64;
    file_write(path, &image, sizeof image, 0755);
    check_refused(path, 126, " cannot be watched: built for another architecture than x86-64");
    image.header.e_ident[EI_CLASS] = ELFCLASS32;
    file_write(path, &image, sizeof image, 0755);
    check_refused(path, 126, " cannot be watched: a 32-bit program");
    file_write(path, &image, 20, 0755);
    image = static_image();
    file_write(path, &image, 20, 0755);
    check_refused(path, 126, " cannot be watched: a damaged ELF file");
    free(path);
}

/* A copy of a dynamically linked program, to be given rights. */
static char *copy_of_true(const char *name, mode_t mode)
{
    char *path = path_in(directory, name), *bytes = NULL;
    size_t size = 0;
    FILE *from = fopen("/bin/true", "re");
    assert_non_null(from);
    for (int character; (character = fgetc(from)) != EOF;) {
        bytes = realloc(bytes, size + 1);
        bytes[size++] = (char)character;
    }
    fclose(from);
    file_write(path, bytes, size, mode);
    free(bytes);
    return path;
}

/* Needs root, and a mount that heeds such rights. */
static void require_rights_to_give(void)
{
    struct statvfs mount;
    if (geteuid() != 0 || statvfs(directory, &mount) != 0 || (mount.f_flag & ST_NOSUID))
        skip();
}

static void programs_that_gain_rights(void **state)
{
    (void)state;
    require_rights_to_give();
    char *path = copy_of_true("gains-user", 0755);
    assert_int_equal(chown(path, 65534, 0), 0);
    assert_int_equal(chmod(path, 04755), 0);
    check_refused(path, 126, " cannot be watched: set-user-ID, so the loader ignores LD_PRELOAD");
    assert_int_equal(chown(path, 0, 65534), 0);
    assert_int_equal(chmod(path, 02755), 0);
    check_refused(path, 126, " cannot be watched: set-group-ID, so the loader ignores LD_PRELOAD");
    free(path);
}

static void programs_set_to_who_we_are_gain_nothing(void **state)
{
    (void)state;
    char *path = copy_of_true("gains-nothing", 0755);
    assert_int_equal(chmod(path, 06755), 0);
    struct command_result result = COMMAND(SNARL_COMMAND, "run", path);
    assert_int_equal(result.status, 0);
    command_free(&result);
    free(path);
}

static void programs_with_capabilities(void **state)
{
    (void)state;
    require_rights_to_give();
    /* struct vfs_cap_data, revision 2, effective: CAP_NET_RAW permitted. */
    static const unsigned char capability[20] = {1, 0, 0, 2, 0, 0x20};
    char line[4096], *path = copy_of_true("capable", 0755);
    if (setxattr(path, "security.capability", capability, sizeof capability, 0) != 0)
        skip();
    snprintf(line, sizeof line,
             "snarl: error: \"%s\" cannot be watched: file capabilities, so the loader ignores "
             "LD_PRELOAD\n",
             path);
    CHECK(126, "", line, "setpriv", "--reuid=65534", "--regid=65534", "--clear-groups",
          SNARL_COMMAND, "run", path);
    free(path);
}

static void write_script(const char *name, const char *text, char **path)
{
    *path = path_in(directory, name);
    file_write(*path, text, strlen(text), 0755);
}

static void scripts_are_judged_by_their_interpreter(void **state)
{
    (void)state;
    char *path, *image_path = path_in(directory, "interpreter"), text[4096], line[8192];
    struct image image = static_image();
    file_write(image_path, &image, sizeof image, 0755);
    snprintf(text, sizeof text, "#!%s -x\n", image_path);
    write_script("script", text, &path);
    snprintf(line, sizeof line,
             "snarl: error: \"%s\" cannot be watched: statically linked, so no library can be "
             "preloaded\n",
             image_path);
    CHECK(126, "", line, SNARL_COMMAND, "run", path);
    snprintf(text, sizeof text, "#!/usr/bin/env -S %s -x\n", image_path);
    file_write(path, text, strlen(text), 0755);
    CHECK(126, "", line, SNARL_COMMAND, "run", path);

    file_write(path, "#!/no/such/interpreter\n", 23, 0755);
    CHECK(127, "", "snarl: error: interpreter \"/no/such/interpreter\": no such file\n",
          SNARL_COMMAND, "run", path);
    file_write(path, "#!/usr/bin/env no-such-program\n", 31, 0755);
    CHECK(127, "", "snarl: error: interpreter \"no-such-program\": not found along PATH\n",
          SNARL_COMMAND, "run", path);
    snprintf(text, sizeof text, "#!%s\n", path); /* itself */
    file_write(path, text, strlen(text), 0755);
    check_refused(path, 126, ": too many nested interpreters");
    free(path), free(image_path);
}

static void scripts_run(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "#!/bin/sh -e\necho \"$1\"\nfalse\nexit 9\n", "#!/usr/bin/env sh\necho \"$1\"\nexit 1\n",
        "echo \"$1\"\nexit 1\n", /* without #!, execvp asks the shell */
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        char *path;
        write_script("runs", texts[i], &path);
        struct command_result result = COMMAND(SNARL_COMMAND, "run", path, "two words");
        assert_string_equal(result.output, "two words\n");
        assert_int_equal(result.status, 1);
        command_free(&result);
        free(path);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(missing_programs),
        cmocka_unit_test(files_that_are_not_executable),
        cmocka_unit_test(path_is_searched_as_execvp_does),
        cmocka_unit_test(programs_that_no_preload_reaches),
        cmocka_unit_test(programs_that_gain_rights),
        cmocka_unit_test(programs_set_to_who_we_are_gain_nothing),
        cmocka_unit_test(programs_with_capabilities),
        cmocka_unit_test(scripts_are_judged_by_their_interpreter),
        cmocka_unit_test(scripts_run),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
