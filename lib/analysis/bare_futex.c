/*
 * Files whose locks wait by futex calls of their own: what threads do with these is not seen, and
 * a report that could miss it must say so.
 *
 * Some are recognised by their names. Others have such locks compiled into them and are recognised
 * by what they hold; for that only the program itself and libraries that are not the system's are
 * opened.
 */
#include <string.h>

#include "analysis/builder.h"
#include "base/table.h"
#include "report/pool.h"
#include "symbols/marks.h"

static const char rust[] = "Rust's locks";
static const char abseil[] = "abseil's locks";
static const char futures[] = "C++'s futures";

static const struct {
    const char *prefix; /* of the file's name */
    const char *locks;
} known_files[] = {
    {"libQt5Core.so", "Qt's locks"},
    {"libQt6Core.so", "Qt's locks"},
    {"libabsl_synchronization.so", abseil},
    {"libgomp.so", "GNU OpenMP's locks and barriers"},
    {"libtbb.so", "oneTBB's locks"},
    {"librsvg-2.so", rust},
    {"_rust.", rust}, /* Python's cryptography */
};

static const struct snarl_mark marks[] = {
    {".comment", "rustc version"},
    {NULL, "rust_eh_personality"},
    {NULL, "AbslInternalPerThreadSemWait"},
    {NULL, "_ZZNSt8__detail18__waiter_pool_base6_S_forEPKvE3__w"}, /* std::atomic::wait */
    {NULL, "_ZNSt13__future_base"},
    {NULL, "_ZNKSt13__future_base"},
};

static const char *const marked_locks[] = {rust,    rust,   abseil, "C++20's atomics and latches",
                                           futures, futures};

_Static_assert(sizeof marks / sizeof marks[0] == sizeof marked_locks / sizeof marked_locks[0],
               "each mark stands for something");

/* A file that was looked at, in whichever recording. */
struct snarl_known_file {
    const char *path;
    UT_hash_handle by_path;
};

static bool is_new(struct snarl_builder *builder, const char *path)
{
    struct snarl_arena *arena = &builder->arena;
    struct snarl_known_file *known;
    size_t length = strlen(path);
    HASH_FIND(by_path, builder->known_files, path, length, known);
    if (known != NULL)
        return false;
    known = snarl_arena_allocate(arena, sizeof *known);
    if (known == NULL)
        snarl_pool_exhausted();
    known->path = path;
    HASH_ADD_KEYPTR(by_path, builder->known_files, known->path, length, known);
    return true;
}

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash != NULL ? slash + 1 : path;
}

static bool begins(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

static bool is_of_system(const char *path)
{
    static const char *const folders[] = {"/lib/",     "/lib32/",     "/lib64/",
                                          "/usr/lib/", "/usr/lib32/", "/usr/lib64/"};
    for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++)
        if (begins(path, folders[i]))
            return true;
    return false;
}

/* What in the file waits by bare futex calls; NULL for nothing that is known. */
static const char *locks_of(const struct snarl_loaded *loaded,
                            const struct snarl_fact_module *module)
{
    const char *name = base_name(module->path);
    for (size_t i = 0; i < sizeof known_files / sizeof known_files[0]; i++)
        if (begins(name, known_files[i].prefix))
            return known_files[i].locks;
    bool is_program =
        loaded->process != NULL && strcmp(loaded->process->strings, module->path) == 0;
    if (!is_program && (is_of_system(module->path) || snarl_module_is_foreign(module->path)))
        return NULL;
    const struct snarl_mark *mark =
        snarl_marks_find(module->path, module->build_id, module->build_id_size, marks,
                         sizeof marks / sizeof marks[0]);
    return mark != NULL ? marked_locks[mark - marks] : NULL;
}

void snarl_builder_bare_futexes(struct snarl_builder *builder, struct snarl_source *source)
{
    const struct snarl_loaded *loaded = &source->loaded;
    for (size_t i = 0; i < loaded->module_count; i++) {
        const struct snarl_fact_module *module = loaded->modules[i];
        if (!is_new(builder, module->path))
            continue;
        const char *locks = locks_of(loaded, module);
        if (locks != NULL)
            snarl_builder_add_loss(
                builder,
                snarl_report_string(builder->report,
                                    "%s: %s wait by bare futex calls, which cannot be seen",
                                    base_name(module->path), locks));
    }
}
