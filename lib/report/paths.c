#include "report/paths.h"

#include <stdbool.h>
#include <string.h>

struct snarl_path {
    const char *file;
    const char *shown; /* the end of `file` that no other file has */
};

const char *snarl_path_base(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash != NULL ? slash + 1 : path;
}

const char *snarl_path_strip(const char *file, const char *prefix)
{
    if (prefix == NULL || *prefix == '\0' || strncmp(file, prefix, strlen(prefix)) != 0)
        return file;
    const char *rest = file + strlen(prefix);
    rest += strspn(rest, "/");
    return *rest != '\0' ? rest : file;
}

static const struct snarl_path *find(const struct snarl_paths *paths, const char *file)
{
    for (size_t index = 0; index < paths->count; index++)
        if (paths->files[index].file == file || strcmp(paths->files[index].file, file) == 0)
            return &paths->files[index];
    return NULL;
}

static void gather_frame(struct snarl_paths *paths, const struct snarl_frame *frame)
{
    if (frame->file == NULL || find(paths, frame->file) != NULL)
        return;
    if (paths->count == paths->capacity) {
        paths->capacity = 2 * paths->capacity + 16;
        struct snarl_path *more = snarl_pool_allocate(paths->pool, paths->capacity, sizeof *more);
        for (size_t index = 0; index < paths->count; index++)
            more[index] = paths->files[index];
        paths->files = more;
    }
    paths->files[paths->count++] = (struct snarl_path){frame->file, NULL};
}

static void gather_stack(struct snarl_paths *paths, const struct snarl_stack *stack)
{
    for (size_t index = 0; index < stack->count; index++)
        gather_frame(paths, &stack->frames[index]);
}

static void gather_holds(struct snarl_paths *paths, const struct snarl_report_hold *holds,
                         size_t count)
{
    for (size_t index = 0; index < count; index++)
        gather_stack(paths, &holds[index].stack);
}

static void gather_steps(struct snarl_paths *paths, const struct snarl_report_step *steps,
                         size_t count)
{
    for (size_t index = 0; index < count; index++) {
        gather_holds(paths, steps[index].holds, steps[index].hold_count);
        gather_stack(paths, &steps[index].stack);
    }
}

static void gather_states(struct snarl_paths *paths, const struct snarl_report_state *states,
                          size_t count)
{
    for (size_t index = 0; index < count; index++) {
        gather_holds(paths, states[index].holds, states[index].hold_count);
        gather_stack(paths, &states[index].last_stack);
        gather_stack(paths, &states[index].now);
    }
}

static void gather_report(struct snarl_paths *paths, const struct snarl_report *report)
{
    for (size_t index = 0; index < report->finding_count; index++) {
        const struct snarl_report_finding *finding = &report->findings[index];
        gather_steps(paths, finding->steps, finding->step_count);
        for (size_t way = 0; way < finding->also_count; way++)
            gather_steps(paths, finding->also[way].steps, finding->also[way].step_count);
    }
    for (size_t index = 0; index < report->process_count; index++)
        gather_states(paths, report->processes[index].states, report->processes[index].state_count);
    for (size_t index = 0; index < report->lock_count; index++) {
        gather_stack(paths, &report->locks[index].created);
        gather_stack(paths, &report->locks[index].first_taken);
    }
    for (size_t index = 0; index < report->thread_count; index++)
        gather_stack(paths, &report->threads[index].created);
    for (size_t index = 0; index < report->edge_count; index++)
        if (report->edges[index].place != NULL)
            gather_frame(paths, report->edges[index].place);
}

/* Whether `file` is `end` or ends in it behind a slash. */
static bool ends_in(const char *file, const char *end)
{
    size_t file_length = strlen(file);
    size_t end_length = strlen(end);
    if (end_length > file_length || strcmp(file + file_length - end_length, end) != 0)
        return false;
    return end_length == file_length || file[file_length - end_length - 1] == '/';
}

static bool is_shared(const struct snarl_paths *paths, const char *file, const char *end)
{
    for (size_t index = 0; index < paths->count; index++)
        if (paths->files[index].file != file && ends_in(paths->files[index].file, end))
            return true;
    return false;
}

/* Grows the name from the base name to the left, directory by directory, until it is unique. */
static const char *shorten(const struct snarl_paths *paths, const char *file)
{
    const char *first = snarl_path_strip(file, paths->strip_prefix);
    const char *end = snarl_path_base(first);
    while (end > first && is_shared(paths, file, end)) {
        end--;
        while (end > first && end[-1] != '/')
            end--;
    }
    return end;
}

struct snarl_paths snarl_paths_of(const struct snarl_report *report, const char *strip_prefix,
                                  struct snarl_pool *pool)
{
    struct snarl_paths paths = {.strip_prefix = strip_prefix, .pool = pool};
    gather_report(&paths, report);
    for (size_t index = 0; index < paths.count; index++)
        paths.files[index].shown = shorten(&paths, paths.files[index].file);
    return paths;
}

const char *snarl_paths_short(const struct snarl_paths *paths, const char *file)
{
    const struct snarl_path *path = find(paths, file);
    return path != NULL ? path->shown : snarl_path_base(file);
}
