#include "suite/valgrind_errors.h"

#include <libxml/xmlreader.h>
#include <stdio.h>
#include <string.h>

/* ERROR("kind, as Valgrind calls it", "part of what it says, where the kind says too little", ours)
 */
#define ERRORS(ERROR)                                                                              \
    ERROR("Race", "", "data-race")                                                                 \
    ERROR("ConflictingAccess", "", "data-race")                                                    \
    ERROR("LockOrder", "", "lock-order-cycle")                                                     \
    ERROR("UnlockUnlocked", "", "unlock-not-locked")                                               \
    ERROR("UnlockForeign", "", "unlock-not-owner")                                                 \
    ERROR("Misc", "still holds", "exit-holding-lock")                                              \
    ERROR("Misc", "already-locked", "self-deadlock")                                               \
    ERROR("PthAPIerror", "destroy of a locked", "destroy-locked")                                  \
    ERROR("MutexErr", "not locked by calling thread", "unlock-not-owner")                          \
    ERROR("MutexErr", "Mutex not locked", "unlock-not-locked")                                     \
    ERROR("MutexErr", "Recursive locking", "self-deadlock")                                        \
    ERROR("MutexErr", "Destroying locked", "destroy-locked")                                       \
    ERROR("MutexErr", "still locked", "exit-holding-lock")                                         \
    ERROR("CondDestrErr", "", "destroy-waited-on")

static const struct {
    const char *kind, *part, *ours;
} errors[] = {
#define ERROR(kind, part, ours) {kind, part, ours},
    ERRORS(ERROR)
#undef ERROR
};

static snarl_kinds kind_of(const char *kind, const char *what)
{
    for (size_t i = 0; i < sizeof errors / sizeof *errors; i++)
        if (strcmp(errors[i].kind, kind) == 0 && strstr(what, errors[i].part))
            return snarl_kinds_named(errors[i].ours);
    return snarl_kinds_named("other");
}

/* What is known of the error that is being read. */
struct error {
    char kind[64];
    char what[512];
    unsigned stacks; /* begun so far: the first one is that of the error itself */
    bool placed;     /* its innermost frame that is not Valgrind's own was read, */
    bool in_libc;    /* and is in there */
};

static void keep(char *text, size_t size, const xmlChar *value)
{
    snprintf(text, size, "%s", value ? (const char *)value : "");
}

/* The file of the next frame of the first stack. */
static void place(struct error *error, const char *object)
{
    const char *slash = strrchr(object, '/'), *name = slash ? slash + 1 : object;
    if (error->stacks != 1 || error->placed || strncmp(name, "vgpreload", 9) == 0)
        return;
    error->placed = true;
    error->in_libc = strncmp(name, "libc.so", 7) == 0 || strncmp(name, "ld-linux", 8) == 0;
}

/* The text of the elements that say what an error is, and where. */
static void read_element(xmlTextReaderPtr reader, struct error *error)
{
    const char *name = (const char *)xmlTextReaderConstLocalName(reader);
    xmlChar *value = xmlTextReaderReadString(reader);
    if (strcmp(name, "stack") == 0)
        error->stacks++;
    else if (strcmp(name, "kind") == 0)
        keep(error->kind, sizeof error->kind, value);
    else if ((strcmp(name, "what") == 0 || strcmp(name, "text") == 0) && !*error->what)
        keep(error->what, sizeof error->what, value);
    else if (strcmp(name, "obj") == 0 && value)
        place(error, (const char *)value);
    xmlFree(value);
}

/* The kind of an error that is whole; none for a race between libc's own parts, whose locks DRD
 * does not see. */
static snarl_kinds kind_of_error(const struct error *error)
{
    snarl_kinds kind = kind_of(error->kind, error->what);
    return error->in_libc && kind == snarl_kinds_named("data-race") ? 0 : kind;
}

/* Up to the end of the last error that is whole: a reader closes by itself what was cut off. */
static size_t whole_size(const char *xml, size_t size)
{
    static const char end[] = "</error>";
    const char *behind = xml, *next;
    while ((next = memmem(behind, (size_t)(xml + size - behind), end, strlen(end))) != NULL)
        behind = next + strlen(end);
    return (size_t)(behind - xml);
}

snarl_kinds snarl_valgrind_errors(const char *xml, size_t size)
{
    snarl_kinds kinds = 0;
    struct error error = {.stacks = 0};
    xmlTextReaderPtr reader =
        xmlReaderForMemory(xml, (int)whole_size(xml, size), NULL, NULL,
                           XML_PARSE_NOERROR | XML_PARSE_NOWARNING | XML_PARSE_NONET);
    while (reader != NULL && xmlTextReaderRead(reader) == 1) {
        int type = xmlTextReaderNodeType(reader);
        const char *name = (const char *)xmlTextReaderConstLocalName(reader);
        bool whole = name != NULL && strcmp(name, "error") == 0;
        if (type == XML_READER_TYPE_ELEMENT && whole)
            error = (struct error){.stacks = 0};
        else if (type == XML_READER_TYPE_ELEMENT)
            read_element(reader, &error);
        else if (type == XML_READER_TYPE_END_ELEMENT && whole)
            kinds |= kind_of_error(&error);
    }
    xmlFreeTextReader(reader);
    return kinds;
}

bool snarl_valgrind_is_whole(const char *xml, size_t size)
{
    static const char end[] = "</valgrindoutput>";
    return memmem(xml, size, end, strlen(end)) != NULL;
}
