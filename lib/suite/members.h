/*
 * The members of JSON objects, read one by one and checked. For whoever reads a file of JSON that
 * people write: the first thing that is wrong is kept, with its place, as one line for people, and
 * whoever reads on after it reads nothing but zeros, so that callers check once, at the end.
 *
 * Private to lib/suite. Strings that are returned are the document's.
 */
#ifndef SNARL_SUITE_MEMBERS_H
#define SNARL_SUITE_MEMBERS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "report/pool.h"

struct snarl_members {
    const char *path;
    size_t item; /* of the list that is read, as people count; 0 outside of any */
    char *error;
    size_t error_size;
    bool failed;
    struct snarl_pool *pool; /* of what is made while reading */
};

/* An object, and what its members' names are preceded by in complaints: "" or "expect.". */
struct snarl_object_members {
    const json_t *object;
    const char *within;
};

void snarl_members_fail(struct snarl_members *members, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The document in the file at `path`, whose complaints these are from here on; NULL on failure. The
 * caller gives it back. */
json_t *snarl_members_load(struct snarl_members *members, const char *path);

/* Fails where the object has a member that is not one of `names`, which ends with NULL. */
void snarl_members_known(struct snarl_members *members, struct snarl_object_members of,
                         const char *const *names);

/* A member that must be there. */
const json_t *snarl_member(struct snarl_members *members, struct snarl_object_members of,
                           const char *key);
const char *snarl_member_string(struct snarl_members *members, struct snarl_object_members of,
                                const char *key);
const json_t *snarl_member_list(struct snarl_members *members, struct snarl_object_members of,
                                const char *key);
struct snarl_object_members snarl_member_object(struct snarl_members *members,
                                                struct snarl_object_members of, const char *key,
                                                const char *within);

/* Members that may be left out, or be null, and what they are then. */
const char *snarl_member_string_or(struct snarl_members *members, struct snarl_object_members of,
                                   const char *key, const char *otherwise);
bool snarl_member_flag_or(struct snarl_members *members, struct snarl_object_members of,
                          const char *key, bool otherwise);
int snarl_member_status_or(struct snarl_members *members, struct snarl_object_members of,
                           const char *key, int otherwise);
double snarl_member_seconds_or(struct snarl_members *members, struct snarl_object_members of,
                               const char *key, double otherwise);

/* A list of strings, ended by NULL, its count in `*count`; empty where it is left out. */
const char **snarl_member_strings(struct snarl_members *members, struct snarl_object_members of,
                                  const char *key, size_t *count);

/* Whether the member is there, and is not null. */
bool snarl_member_is_given(struct snarl_object_members of, const char *key);

#endif
