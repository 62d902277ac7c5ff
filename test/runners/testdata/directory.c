/* A directory service for subordinate ids, as libsubid(3) loads one: `subid: directory` in nsswitch.conf. dev has
 * 20000-59999. There are no headers for it; the types are those of shadow 4.9 and newer. */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

struct range {
    unsigned long start, count;
};

enum { FIRST = 20000, COUNT = 40000 };

int shadow_subid_has_range(const char *owner, unsigned long start, unsigned long count, int type, bool *result)
{
    *result = strcmp(owner, "dev") == 0 && start >= FIRST && start + count <= FIRST + COUNT;
    return 0;
}

int shadow_subid_list_owner_ranges(const char *owner, int type, struct range **ranges, int *count)
{
    *count = 0;
    if (strcmp(owner, "dev") != 0)
        return 0;
    *ranges = malloc(sizeof **ranges);
    if (*ranges == NULL)
        return 3;
    (*ranges)->start = FIRST;
    (*ranges)->count = COUNT;
    *count = 1;
    return 0;
}

int shadow_subid_find_subid_owners(unsigned long id, int type, unsigned **uids, int *count)
{
    *count = 0;
    return 0;
}
