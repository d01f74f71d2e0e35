// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * probe.c - what does the library say of an image? for tests
 *
 *	probe FILE[:KEY]...
 *
 * Prints a line for each file: the errno of khmap_open() without flags, with
 * KHMAP_OPEN_VERIFY and with KHMAP_OPEN_DAMAGED (0: it opened); then, of the map
 * that the last one opened, the errno of a walk over all entries, that of
 * khmap_get() of the key, in hex, and the rules that khmap_verify() says are broken.
 */
#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <khmap/khmap.h>
#include <khmap/verify.h>

static const char *name(int error)
{
	return error ? strerrorname_np(-error) : "0";
}

static int open_as(const char *path, __u32 flags, struct khmap **map)
{
	const struct khmap_open_options options = { .size = sizeof(options), .flags = flags };

	return khmap_open(path, &options, map);
}

static int show(void *context, const struct khmap_finding *finding)
{
	(void)context;
	printf(" %s", finding->rule);
	return 0;
}

static int walk(struct khmap *map)
{
	unsigned char key[KHMAP_RECORD_MAX], value[KHMAP_RECORD_MAX];
	struct khmap_iter *iter;
	int got, worst = 0;

	if (khmap_iter_create(map, &iter))
		errx(1, "%s", khmap_reason());
	while ((got = khmap_iter_next(iter, key, value)))
		worst = got < 0 ? got : worst;
	khmap_iter_free(iter);
	return worst;
}

static int get(struct khmap *map, const char *hex)
{
	unsigned char key[KHMAP_RECORD_MAX] = { 0 }, value[KHMAP_RECORD_MAX];
	size_t i;

	for (i = 0; i < sizeof(key) && sscanf(hex, "%2hhx", &key[i]) == 1; i++)
		hex += 2;
	return khmap_get(map, key, value);
}

static void probe(char *path)
{
	struct khmap_verify_options verify = { .size = sizeof(verify), .finding = show };
	char *key = strchr(path, ':');
	struct khmap *map;
	int error;

	if (key)
		*key++ = '\0';
	error = open_as(path, 0, &map);
	if (!error)
		khmap_close(map);
	printf("%s %s", path, name(error));
	error = open_as(path, KHMAP_OPEN_VERIFY, &map);
	if (!error)
		khmap_close(map);
	printf(" %s", name(error));
	error = open_as(path, KHMAP_OPEN_DAMAGED, &map);
	printf(" %s", name(error));
	if (!error) {
		printf(" %s", name(walk(map)));
		printf(" %s", name(key ? get(map, key) : 0));
		khmap_verify(map, &verify);
		khmap_close(map);
	}
	putchar('\n');
}

int main(int argc, char **argv)
{
	int i;

	for (i = 1; i < argc; i++)
		probe(argv[i]);
	return 0;
}
